-- Net what a wallet owes out of all that it has.
-- Grain: one call = one wallet that may both have and owe points, as after a merge: it pays, oldest debt first.
CREATE OR REPLACE FUNCTION ledger_net_all(p_account bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_debt record;
  v_usable bigint;
BEGIN
  FOR v_debt IN
    SELECT d.entry_id, d.remaining FROM debt d WHERE d.account_id = p_account ORDER BY d.created_at, d.entry_id
  LOOP
    SELECT coalesce(sum(l.remaining), 0) INTO v_usable FROM lot l
     WHERE l.account_id = p_account AND l.expires_at > now() AND l.active_at <= now() AND l.restriction_id IS NULL;
    EXIT WHEN v_usable = 0;
    PERFORM ledger_net(p_account, v_debt.entry_id, least(v_usable, v_debt.remaining), NULL);
  END LOOP;
END $$;
