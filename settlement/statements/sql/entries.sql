-- The movements behind one entity's statement, oldest first, behind a position (keyset).
-- Grain: one row = one movement, delivery or adjustment of which the entity is funder, redeemer, supplier or party.
SELECT m.movement_id, m.kind, m.occurred_at, m.booked_on, m.external_id, m.points, m.currency_id,
       c.decimals AS points_decimals, m.funder_id, m.agreement_id, m.funding_price, m.service_price, m.redeemer_id,
       m.redeemer_agreement_id, m.redeemer_rate, m.adjusts, m.reverses_id, m.cost_minor, m.delivery_minor
  FROM (
    (SELECT movement_id, kind, occurred_at, booked_on, external_id, points, currency_id, funder_id, agreement_id,
            funding_price, service_price, redeemer_id, redeemer_agreement_id, redeemer_rate, adjusts, reverses_id,
            NULL::bigint AS cost_minor, NULL::bigint AS delivery_minor
       FROM accrual
      WHERE period_id = :period AND funder_id = :entity AND occurred_at >= :at
        AND (occurred_at, movement_id) > (:at, :movement)
        AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(:kinds)) AND starts_with(external_id, :reference)
        AND (CAST(:day AS date) IS NULL OR booked_on = :day)
      ORDER BY occurred_at, movement_id LIMIT :limit)
    UNION ALL
    (SELECT movement_id, kind, occurred_at, booked_on, external_id, points, currency_id, funder_id, agreement_id,
            funding_price, service_price, redeemer_id, redeemer_agreement_id, redeemer_rate, adjusts, reverses_id,
            NULL, NULL
       FROM accrual
      WHERE period_id = :period AND redeemer_id = :entity AND funder_id <> :entity AND occurred_at >= :at
        AND (occurred_at, movement_id) > (:at, :movement)
        AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(:kinds)) AND starts_with(external_id, :reference)
        AND (CAST(:day AS date) IS NULL OR booked_on = :day)
      ORDER BY occurred_at, movement_id LIMIT :limit)
    UNION ALL
    (SELECT supply_id, CASE kind WHEN 'return' THEN 'supply_return' ELSE 'supply' END, delivered_at, booked_on,
            CASE kind WHEN 'return' THEN substr(supply_id, 2) ELSE consignment_id::text END, 1, NULL, legal_entity_id,
            agreement_id, NULL, NULL, NULL, NULL, NULL, false, NULL, cost_minor, delivery_minor
       FROM supply_accrual
      WHERE period_id = :period AND legal_entity_id = :entity AND delivered_at >= :at
        AND (delivered_at, supply_id) > (:at, :movement)
        AND (CAST(:kinds AS text[]) IS NULL OR 'supply' = ANY(:kinds))
        AND (CAST(:day AS date) IS NULL OR booked_on = :day)
      ORDER BY delivered_at, supply_id LIMIT :limit)
    UNION ALL
    (SELECT ('a' || id) COLLATE "C", 'adjustment', booked_at, booked_on, coalesce(dispute_ref, ''), 1, NULL, legal_entity_id,
            agreement_id, NULL, NULL, NULL, NULL, NULL, false, movement_id, amount_minor, NULL
       FROM adjustment
      WHERE period_id = :period AND legal_entity_id = :entity AND booked_at >= :at
        AND (booked_at, ('a' || id) COLLATE "C") > (:at, :movement)
        AND (CAST(:kinds AS text[]) IS NULL OR 'adjustment' = ANY(:kinds))
        AND (CAST(:day AS date) IS NULL OR booked_on = :day)
      ORDER BY booked_at, ('a' || id) COLLATE "C" LIMIT :limit)) m
  LEFT JOIN currency c ON c.id = m.currency_id
 ORDER BY m.occurred_at, m.movement_id LIMIT :limit
