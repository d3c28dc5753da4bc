-- Whom a wallet's points belong to now: the wallet it was merged into, or itself.
-- Grain: one call = one wallet, locked together with its home, lower id first. Whoever waited for a merge to be done looks
-- again: what was read before the lock was of a time when the points were still here.
CREATE OR REPLACE FUNCTION ledger_home(p_account bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_home bigint;
  v_seen bigint;
BEGIN
  LOOP
    SELECT w.merged_into INTO v_seen FROM wallet w WHERE w.account_id = p_account;
    PERFORM FROM wallet w WHERE w.account_id IN (p_account, v_seen) ORDER BY w.account_id FOR NO KEY UPDATE;
    SELECT w.merged_into INTO v_home FROM wallet w WHERE w.account_id = p_account;
    EXIT WHEN v_home IS NOT DISTINCT FROM v_seen;
  END LOOP;
  RETURN coalesce(v_home, p_account);
END $$;
