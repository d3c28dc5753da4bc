-- What the locked wallets of a wave can spend. Grain: one row = one wallet with usable lots.
SELECT account_id, sum(remaining)::bigint FROM lot
 WHERE account_id IN (SELECT account_id FROM ledger_stage) AND expires_at > now() AND active_at <= now()
   AND restriction_id IS NULL AND account_id NOT IN (SELECT w.account_id FROM wallet w WHERE w.idle_at <= now())
 GROUP BY account_id
