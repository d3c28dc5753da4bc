-- Closed periods with something to pay that no living payment is for. A statement may have a payment in each direction:
-- together what it comes to. Grain: one row = one period, the latest first.
SELECT p.code, p.starts_on, count(*) AS statements,
       NOT EXISTS (SELECT FROM payout_run u WHERE u.period_id = p.id AND u.state <> 'aborted') AS first
  FROM statement s
  JOIN settlement_period p ON p.id = s.period_id
 WHERE s.program_id = :program AND NOT s.is_operator AND s.settlement_minor <> 0
   AND (CAST(:before AS date) IS NULL OR p.starts_on < CAST(:before AS date))
   AND NOT EXISTS (SELECT FROM settlement_reopening r WHERE (r.period_id, r.version) = (s.period_id, s.version))
   AND s.settlement_minor <> (
           SELECT coalesce(sum(CASE y.direction WHEN 'out' THEN y.amount_minor ELSE -y.amount_minor END), 0)
             FROM payout_payment y WHERE y.statement_id = s.id AND y.state NOT IN ('aborted', 'dropped'))
 GROUP BY p.id, p.code, p.starts_on ORDER BY p.starts_on DESC LIMIT :limit
