-- Points that came back to a merged wallet follow the others to the one it was merged into; what has ended goes.
-- Grain: one call = at most one debit and its arrivals, under inner keys. The caller holds both wallets' locks.
CREATE OR REPLACE FUNCTION ledger_follow(p_from bigint, p_to bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint := nextval('entry_id');
  v_contra account;
BEGIN
  PERFORM ledger_end(ARRAY[p_from], now(), false);
  SELECT c.* INTO v_contra FROM wallet w JOIN account c ON c.program_id = w.program_id
     AND c.currency_id = w.currency_id AND c.kind = 8 AND c.owner = 0
   WHERE w.account_id = p_from AND w.undrawn > 0;
  IF FOUND THEN
    PERFORM ledger_empty(p_from, v_id, v_contra.id, now(), 0, 19::smallint, v_id::text, 0::smallint, '');
    PERFORM ledger_arrive(p_from, v_id, p_to, v_contra.id, v_contra.currency_id, NULL, true, NULL);
  END IF;
END $$;
