-- Lock two wallets in the order of their ids; the one that points go to is made if there is none yet.
-- Grain: one pair. Nothing is read before both locks are held.
CREATE OR REPLACE FUNCTION ledger_pair(p_from bigint, p_to bigint, p_program int, p_currency int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_account bigint;
BEGIN
  FOR v_account IN SELECT a FROM unnest(ARRAY[p_from, p_to]) a ORDER BY a LOOP
    IF v_account = p_to THEN
      INSERT INTO wallet(account_id, undrawn, program_id, currency_id) VALUES (p_to, 0, p_program, p_currency)
      ON CONFLICT DO NOTHING;
    END IF;
    PERFORM FROM wallet w WHERE w.account_id = v_account FOR NO KEY UPDATE;
  END LOOP;
END $$;
