-- The entries beneath one entity's statement, each as one line of canonical JSON (names in order, no spaces, decimals as
-- texts without trailing zeros), in the order in which they happened. Grain: one row = one charge of one movement.
-- The same charges as `statements.entries` makes in Python; a test holds both to each other. `upto` is null but for a
-- version of a statement that was replaced: the transaction below which its period was closed that time.
SELECT concat('{"agreement":', e.agreement_id, ',"amount":"', trim_scale(e.amount), '","booked_on":"', e.booked_on,
              '","charge":"', e.charge, '","currency":', coalesce(e.currency_id::text, 'null'), ',"document":"',
              e.document, '","kind":"', e.kind, '","movement":"', e.movement_id, '","occurred_at":',
              to_json(e.occurred_at), ',"points":', e.points, ',"price":"', trim_scale(e.price), '","reference":',
              to_json(e.reference), ',"reverses":', coalesce('"' || e.reverses || '"', 'null'), '}')
  FROM (
    SELECT a.movement_id, a.kind, a.occurred_at, a.booked_on, a.external_id AS reference, a.currency_id,
           x.place, x.charge, x.agreement_id, x.price, x.turn * a.points AS points,
           x.sign * x.turn * a.points * x.price * c.unit AS amount, x.document, a.reverses_id AS reverses
      FROM accrual a
      JOIN (SELECT id, ('1e-' || decimals)::numeric AS unit FROM currency WHERE program_id = %(program)s) c
           ON c.id = a.currency_id
     CROSS JOIN LATERAL (VALUES
           (1, CASE WHEN a.kind IN ('issue', 'clawback') THEN 'issue_funding' END, a.funder_id, a.agreement_id,
            a.funding_price, -1, CASE a.kind WHEN 'clawback' THEN -1 ELSE 1 END,
            CASE WHEN a.adjusts THEN 'issuer_credit' ELSE 'issuer_invoice' END),
           (2, CASE WHEN a.kind IN ('issue', 'clawback') THEN 'service_fee' END, a.funder_id, a.agreement_id,
            a.service_price, -1, CASE a.kind WHEN 'clawback' THEN -1 ELSE 1 END,
            CASE WHEN a.adjusts THEN 'issuer_credit' ELSE 'issuer_invoice' END),
           (3, CASE a.kind WHEN 'redeem' THEN 'redemption_funding' END, a.funder_id, a.agreement_id,
            a.funding_price, -1, 1, CASE WHEN a.adjusts THEN 'issuer_credit' ELSE 'issuer_invoice' END),
           (4, CASE a.kind WHEN 'redeem' THEN 'redeemed' END, a.redeemer_id, a.redeemer_agreement_id,
            a.redeemer_rate, 1, 1, CASE WHEN a.adjusts THEN 'redeemer_credit' ELSE 'redeemer_invoice' END),
           (5, CASE a.kind WHEN 'expire' THEN 'breakage' END, a.funder_id, a.agreement_id, a.funding_price, 1, 1,
            'credit_note'),
           (6, CASE a.kind WHEN 'expire' THEN 'breakage_taxed' END, a.funder_id, a.agreement_id, a.service_price, -1, 1,
            'issuer_invoice'),
           (7, CASE a.kind WHEN 'expire' THEN 'breakage_untaxed' END, a.funder_id, a.agreement_id, a.service_price,
            -1, -1, 'issuer_invoice')
           ) x (place, charge, entity_id, agreement_id, price, sign, turn, document)
     WHERE a.period_id = %(period)s AND (a.funder_id = %(entity)s OR a.redeemer_id = %(entity)s)
       AND x.entity_id = %(entity)s AND x.charge IS NOT NULL AND x.agreement_id IS NOT NULL AND x.price <> 0
       AND (%(upto)s::xid8 IS NULL OR (a.xid < %(upto)s::xid8 AND NOT EXISTS (
            SELECT FROM accrual_deferral d WHERE d.id = a.movement_id AND d.upto <= %(upto)s::xid8)))
     UNION ALL
    SELECT s.supply_id, 'supply', s.delivered_at, s.booked_on,
           (SELECT CASE s.kind WHEN 'return' THEN 'rma_' ELSE 'con_' END
                   || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', ((n.id >> (5 * at)) & 31)::int + 1, 1), ''
                                 ORDER BY at DESC) FROM generate_series(0, 12) at),
           NULL, x.place, x.charge, s.agreement_id, x.minor * n.turn * m.unit, n.turn, x.minor * m.unit,
           'supplier_invoice', NULL
      FROM supply_accrual s
     CROSS JOIN LATERAL (SELECT CASE s.kind WHEN 'return' THEN substr(s.supply_id, 2)::bigint ELSE s.consignment_id END
                                AS id, CASE s.kind WHEN 'return' THEN -1 ELSE 1 END AS turn) n
     CROSS JOIN (SELECT ('1e-' || %(decimals)s::text)::numeric AS unit) m
     CROSS JOIN LATERAL (VALUES (8, CASE s.kind WHEN 'return' THEN 'taken_back' ELSE 'supplied' END, s.cost_minor),
                                (9, 'delivery', s.delivery_minor)) x (place, charge, minor)
     WHERE s.period_id = %(period)s AND s.legal_entity_id = %(entity)s AND s.agreement_id IS NOT NULL AND x.minor <> 0
       AND (%(upto)s::xid8 IS NULL OR (s.xid < %(upto)s::xid8 AND NOT EXISTS (
            SELECT FROM accrual_deferral d WHERE d.id = s.supply_id AND d.upto <= %(upto)s::xid8)))
     UNION ALL
    SELECT ('a' || j.id) COLLATE "C", 'adjustment', j.booked_at, j.booked_on, coalesce(j.dispute_ref, ''), NULL, 10,
           'adjustment', j.agreement_id, j.amount_minor * m.unit, 1, j.amount_minor * m.unit, 'adjustment',
           j.movement_id
      FROM adjustment j CROSS JOIN (SELECT ('1e-' || %(decimals)s::text)::numeric AS unit) m
     WHERE j.period_id = %(period)s AND j.legal_entity_id = %(entity)s
       ) e
 ORDER BY e.occurred_at, e.movement_id COLLATE "C", e.place
