-- One movement behind one entity's statement. Grain: one row = the movement or delivery, if the entity has part in it.
SELECT m.movement_id, m.kind, m.occurred_at, m.booked_on, m.external_id, m.points, m.currency_id,
       c.decimals AS points_decimals, m.funder_id, m.agreement_id, m.funding_price, m.service_price, m.redeemer_id,
       m.redeemer_agreement_id, m.redeemer_rate, m.adjusts, m.reverses_id, m.cost_minor, m.delivery_minor
  FROM (
    SELECT movement_id, kind, occurred_at, booked_on, external_id, points, currency_id, funder_id, agreement_id,
           funding_price, service_price, redeemer_id, redeemer_agreement_id, redeemer_rate, adjusts, reverses_id,
           NULL::bigint AS cost_minor, NULL::bigint AS delivery_minor
      FROM accrual
     WHERE movement_id = :movement AND period_id = :period AND :entity IN (funder_id, redeemer_id)
    UNION ALL
    SELECT supply_id, CASE kind WHEN 'return' THEN 'supply_return' ELSE 'supply' END, delivered_at, booked_on,
           CASE kind WHEN 'return' THEN substr(supply_id, 2) ELSE consignment_id::text END, 1, NULL, legal_entity_id,
           agreement_id, NULL, NULL, NULL, NULL, NULL, false, NULL, cost_minor, delivery_minor
      FROM supply_accrual
     WHERE supply_id = :movement AND period_id = :period AND legal_entity_id = :entity
    UNION ALL
    SELECT ('a' || id) COLLATE "C", 'adjustment', booked_at, booked_on, coalesce(dispute_ref, ''), 1, NULL, legal_entity_id,
           agreement_id, NULL, NULL, NULL, NULL, NULL, false, movement_id, amount_minor, NULL
      FROM adjustment
     WHERE 'a' || id = :movement AND period_id = :period AND legal_entity_id = :entity) m
  LEFT JOIN currency c ON c.id = m.currency_id
