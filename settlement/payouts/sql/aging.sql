-- What was owed at the end of a day, by how long it had been due then. Grain: one row = one legal entity, currency and
-- direction. Payments that were committed by that day, less the money whose value was on that day or before.
SELECT legal_entity_id, currency, direction,
       coalesce(sum(owed) FILTER (WHERE owed > 0 AND age < 0), 0)::bigint AS not_due,
       coalesce(sum(owed) FILTER (WHERE owed > 0 AND age BETWEEN 0 AND 30), 0)::bigint AS to_30,
       coalesce(sum(owed) FILTER (WHERE owed > 0 AND age BETWEEN 31 AND 60), 0)::bigint AS to_60,
       coalesce(sum(owed) FILTER (WHERE owed > 0 AND age BETWEEN 61 AND 90), 0)::bigint AS to_90,
       coalesce(sum(owed) FILTER (WHERE owed > 0 AND age > 90), 0)::bigint AS older,
       coalesce(-sum(owed) FILTER (WHERE owed < 0), 0)::bigint AS overpaid
  FROM (SELECT p.legal_entity_id, p.currency, p.direction, CAST(:on AS date) - p.due_on AS age,
               p.amount_minor - coalesce(m.moved, 0) AS owed
          FROM payout_payment p JOIN payout_run r ON r.id = p.run_id
          LEFT JOIN LATERAL (
               SELECT sum(CASE x.direction WHEN p.direction THEN x.amount_minor ELSE -x.amount_minor END) AS moved
                 FROM payout_receipt x WHERE x.payment_id = p.id AND x.value_on <= :on) m ON true
         WHERE r.program_id = :program AND (r.committed_at AT TIME ZONE :zone)::date <= :on
           AND p.state NOT IN ('recorded', 'reserved', 'aborted', 'dropped')) open
 WHERE owed <> 0
 GROUP BY 1, 2, 3 ORDER BY 2, 3, 1 LIMIT 10000
