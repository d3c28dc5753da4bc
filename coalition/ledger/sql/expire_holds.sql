-- The sweep of holds past their time.
-- Grain: one call = at most p_limit open holds past their deadline, released in the order of their accounts.
CREATE OR REPLACE FUNCTION ledger_expire_holds(p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  v_hold record;
  v_holds int := 0;
BEGIN
  FOR v_hold IN
    SELECT d.* FROM (SELECT h.account_id, h.id FROM hold h
                      WHERE h.state = 'open' AND h.expires_at <= now() ORDER BY h.expires_at LIMIT p_limit) d
     ORDER BY d.account_id, d.id
  LOOP
    PERFORM ledger_release(v_hold.account_id, v_hold.id, 0, 5::smallint, v_hold.id::text, '', 'expired');
    v_holds := v_holds + 1;
  END LOOP;
  RETURN v_holds;
END $$;
