-- Wake a wallet whose points all end at `idle_at`: what has ended by now goes first, then the end moves forward.
-- Grain: one call = one wallet, locked from here on; made if there is none yet.
CREATE OR REPLACE FUNCTION ledger_awaken(p_account bigint, p_program int, p_currency int, p_idle timestamptz)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_idle timestamptz;
BEGIN
  INSERT INTO wallet(account_id, undrawn, program_id, currency_id) VALUES (p_account, 0, p_program, p_currency)
  ON CONFLICT DO NOTHING;
  SELECT w.idle_at INTO v_idle FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  IF v_idle <= now() THEN
    PERFORM ledger_end(ARRAY[p_account], now(), false);
    v_idle := NULL;
  END IF;
  UPDATE wallet w SET idle_at = greatest(v_idle, p_idle), version = w.version + 1
   WHERE w.account_id = p_account AND w.idle_at IS DISTINCT FROM greatest(v_idle, p_idle);
END $$;
