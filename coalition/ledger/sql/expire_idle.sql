-- The sweep of wallets whose points end with inactivity.
-- Grain: one call = at most p_limit wallets whose points ended by idleness by p_as_of; how many lots or wallets
-- ended, whichever is more.
CREATE OR REPLACE FUNCTION ledger_expire_idle(p_as_of timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  v_accounts bigint[];
  v_lots int;
BEGIN
  SELECT array_agg(w.account_id) INTO v_accounts FROM (
    SELECT w.account_id FROM wallet w
     WHERE w.account_id IN (SELECT i.account_id FROM wallet i WHERE i.idle_at <= p_as_of
                               AND (i.undrawn > 0 OR i.held = 0) LIMIT p_limit)
     ORDER BY w.account_id FOR NO KEY UPDATE SKIP LOCKED) w;
  v_lots := CASE WHEN v_accounts IS NULL THEN 0 ELSE ledger_end(v_accounts, p_as_of, false) END;
  RETURN greatest(v_lots, (SELECT count(*) FROM wallet w WHERE w.account_id = ANY(v_accounts) AND w.idle_at IS NULL));
END $$;
