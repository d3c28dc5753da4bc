-- Issue points, a whole wave: what `credit.sql` does for one.
-- Grain: one row back = one new journal row, with its wallet's points after the wave and whether it owes (`bulk_net.sql`).
-- Keys in one order, then wallets in theirs. A place that does not come back is a replay or a conflict:
-- `bulk_standing.sql` tells.
WITH e AS (
  INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, expires_at, active_at, funding_id, restriction_id,
                    program_id, partner_id, currency_id, kind, operation, external_id, no, request_hash)
  SELECT id, account_id, contra_id, amount, occurred_at, expires_at, active_at, funding_id, restriction_id,
         program_id, partner_id, currency_id, 1, operation, external_id, no, request_hash
    FROM ledger_stage ORDER BY partner_id, operation, external_id, no
  ON CONFLICT DO NOTHING RETURNING id, account_id, amount, expires_at, active_at, funding_id, restriction_id,
                                   program_id, currency_id),
l AS (
  INSERT INTO lot(account_id, expires_at, entry_id, active_at, amount, remaining, funding_id, restriction_id)
  SELECT account_id, coalesce(expires_at, 'infinity'), id, coalesce(active_at, '-infinity'), amount, amount, funding_id,
         restriction_id
    FROM e),
w AS (
  INSERT INTO wallet AS w (account_id, undrawn, program_id, currency_id)
  SELECT account_id, sum(amount), min(program_id), min(currency_id) FROM e GROUP BY account_id ORDER BY account_id
  ON CONFLICT (account_id) DO UPDATE SET undrawn = w.undrawn + excluded.undrawn, version = w.version + 1
  RETURNING account_id, undrawn, arrears)
SELECT s.place, e.id, w.undrawn, w.arrears > 0 FROM e JOIN ledger_stage s ON s.id = e.id JOIN w ON w.account_id = e.account_id
