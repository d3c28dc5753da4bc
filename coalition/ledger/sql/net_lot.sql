-- Net what a wallet owes out of a lot that has just come to it.
-- Grain: one call = one new lot, which pays the wallet's debts, oldest first, as far as it reaches. A lot that is not
-- usable yet pays, too (else points that become active later would never pay); one that has ended or is restricted does
-- not. Returns the wallet's points afterwards.
CREATE OR REPLACE FUNCTION ledger_net_lot(p_account bigint, p_lot bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_debt record;
  v_left bigint;
BEGIN
  SELECT l.remaining INTO v_left FROM lot l
   WHERE l.account_id = p_account AND l.entry_id = p_lot AND l.expires_at > now() AND l.restriction_id IS NULL;
  FOR v_debt IN
    SELECT d.entry_id, d.remaining FROM debt d WHERE d.account_id = p_account ORDER BY d.created_at, d.entry_id
  LOOP
    EXIT WHEN coalesce(v_left, 0) = 0;
    PERFORM ledger_net(p_account, v_debt.entry_id, least(v_left, v_debt.remaining), p_lot);
    v_left := v_left - least(v_left, v_debt.remaining);
  END LOOP;
  RETURN (SELECT w.undrawn FROM wallet w WHERE w.account_id = p_account);
END $$;
