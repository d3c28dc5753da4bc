-- What stands beneath one entity's statement and is no points: deliveries, returns and adjustments, with the parts of
-- their lines (see entries.sql). Grain: one row = one charge. Each is one piece at its cost.
-- Of a version that was replaced (`upto`, see points.sql), the adjustments that were booked before it was opened again.
SELECT s.delivered_at AS occurred_at, s.supply_id AS movement_id, v.place, s.booked_on, n.pieces AS points,
       n.prefix || (SELECT string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', ((n.id >> (5 * at)) & 31)::int + 1, 1),
                                      '' ORDER BY at DESC) FROM generate_series(0, 12) at) AS reference,
       NULL AS reverses, 1 AS turn, n.pieces * v.minor * c.unit AS factor,
       concat('{"agreement":', s.agreement_id, ',"amount":"') AS begins,
       concat('","charge":"', v.charge, '","currency":null,"document":"supplier_invoice","kind":"supply","movement":"')
         AS middle,
       concat(',"price":"', trim_scale(n.pieces * v.minor * c.unit), '","reference":') AS ends
  FROM supply_accrual s
 CROSS JOIN LATERAL (
       SELECT CASE s.kind WHEN 'return' THEN substr(s.supply_id, 2)::bigint ELSE s.consignment_id END AS id,
              CASE s.kind WHEN 'return' THEN 'rma_' ELSE 'con_' END AS prefix,
              CASE s.kind WHEN 'return' THEN -1 ELSE 1 END AS pieces) n
 CROSS JOIN LATERAL (VALUES (8, CASE s.kind WHEN 'return' THEN 'taken_back' ELSE 'supplied' END, s.cost_minor),
                            (9, 'delivery', s.delivery_minor)) v (place, charge, minor)
 CROSS JOIN (SELECT ('1e-' || %(decimals)s::text)::numeric AS unit) c
 WHERE s.period_id = %(period)s AND s.legal_entity_id = %(entity)s AND s.agreement_id IS NOT NULL AND v.minor <> 0
   AND (%(upto)s::xid8 IS NULL OR (s.xid < %(upto)s::xid8 AND NOT EXISTS (
        SELECT FROM accrual_deferral d WHERE d.id = s.supply_id AND d.upto <= %(upto)s::xid8)))
UNION ALL
SELECT j.booked_at, ('a' || j.id) COLLATE "C", 10, j.booked_on, 1, coalesce(j.dispute_ref, ''), j.movement_id, 1,
       j.amount_minor * c.unit, concat('{"agreement":', j.agreement_id, ',"amount":"'),
       '","charge":"adjustment","currency":null,"document":"adjustment","kind":"adjustment","movement":"',
       concat(',"price":"', trim_scale(j.amount_minor * c.unit), '","reference":')
  FROM adjustment j CROSS JOIN (SELECT ('1e-' || %(decimals)s::text)::numeric AS unit) c
 WHERE j.period_id = %(period)s AND j.legal_entity_id = %(entity)s
   AND (%(upto)s::xid8 IS NULL OR j.booked_at < (
        SELECT min(r.reopened_at) FROM settlement_reopening r JOIN settlement_closure c USING (period_id, version)
         WHERE r.period_id = j.period_id AND c.upto = %(upto)s::xid8))
