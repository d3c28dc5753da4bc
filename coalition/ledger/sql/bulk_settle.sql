-- Take what the staged debits drew out of their lots and wallets. Grain: one row back = one wallet, after the wave,
-- and what was drawn from it.
WITH drawn AS (
  SELECT a.account_id, a.expires_at, a.lot_id, sum(a.amount) AS amount
    FROM allocation a JOIN ledger_stage s ON s.account_id = a.account_id AND s.id = a.debit_id GROUP BY 1, 2, 3),
used_up AS (
  DELETE FROM lot l USING drawn d
   WHERE l.account_id = d.account_id AND l.expires_at = d.expires_at AND l.entry_id = d.lot_id
     AND l.remaining = d.amount),
lowered AS (
  UPDATE lot l SET remaining = l.remaining - d.amount FROM drawn d
   WHERE l.account_id = d.account_id AND l.expires_at = d.expires_at AND l.entry_id = d.lot_id
     AND l.remaining > d.amount)
UPDATE wallet w SET undrawn = w.undrawn - t.amount, version = w.version + 1
  FROM (SELECT account_id, sum(amount) AS amount FROM drawn GROUP BY 1) t
 WHERE w.account_id = t.account_id RETURNING w.account_id, w.undrawn, t.amount::bigint
