-- Points outstanding at an instant: what was issued by then, less all that has gone since. Held points are outstanding.
-- Grain: one row = one points currency, funder, month of issue and month of the last usable day (null: they never end).
-- A lot ends at the midnight after its last day, hence the microsecond.
SELECT c.currency_id, c.party_id AS funder_id, date_trunc('month', c.issued_at AT TIME ZONE :zone)::date AS issued,
       date_trunc('month', (c.expires_at - interval '1 microsecond') AT TIME ZONE :zone)::date AS expires,
       sum(c.change)::bigint AS points
  FROM ledger_lot_changes c
 WHERE c.program_id = :program AND c.occurred_at < :until
   AND (CAST(:funder AS bigint) IS NULL OR c.party_id = :funder)
 GROUP BY 1, 2, 3, 4 HAVING sum(c.change) <> 0
 ORDER BY 1, 3, 4, 2
