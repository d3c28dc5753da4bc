-- What became of points through the months, by the month they were issued in.
-- Grain: one row = one month of issue, month of the movement, and kind of movement. Through the instant `until`.
-- `ends_at` is the latest end of these points, `endless` whether some have none.
-- Points that only move between wallets go and arrive in one month, and so are nothing here.
SELECT date_trunc('month', c.issued_at AT TIME ZONE :zone)::date AS issued,
       date_trunc('month', c.occurred_at AT TIME ZONE :zone)::date AS month, c.kind, sum(c.points)::bigint AS points,
       max(c.expires_at) AS ends_at, bool_or(c.expires_at IS NULL) AS endless
  FROM ledger_lot_changes c
 WHERE c.program_id = :program AND c.currency_id = :currency AND c.occurred_at < :until
   AND (CAST(:funder AS bigint) IS NULL OR c.party_id = :funder)
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
