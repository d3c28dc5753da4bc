-- Draw the staged debits of many wallets from many lots at once: what `debit.sql` does for one.
-- Debits and usable lots of a wallet are laid end to end, each in its order; where two intervals overlap, the debit draws
-- from the lot. Grain: one row = one debit and one lot. The wallets are locked, so the lots stand still.
INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
SELECT d.account_id, d.id, l.entry_id, least(d.hi, l.hi) - greatest(d.hi - d.amount, l.hi - l.remaining),
       l.amount - l.remaining + greatest(d.hi - d.amount - (l.hi - l.remaining), 0), l.funding_id, l.expires_at
  FROM (SELECT s.*, sum(amount) OVER (PARTITION BY account_id ORDER BY place)::bigint AS hi FROM ledger_stage s) d
  JOIN (SELECT x.*, sum(remaining) OVER (PARTITION BY account_id ORDER BY expires_at, entry_id)::bigint AS hi
          FROM lot x
         WHERE account_id IN (SELECT account_id FROM ledger_stage) AND expires_at > now() AND active_at <= now()
           AND restriction_id IS NULL) l
    ON l.account_id = d.account_id AND l.hi > d.hi - d.amount AND l.hi - l.remaining < d.hi
