-- Put back what a hold has left, and close it. What has expired meanwhile goes at the next sweep.
-- Grain: one call = one hold; its journal rows (kind 5) are told in `put_back.sql`.
-- The wallet's lock comes first, so that a capture or another release has either happened or not begun.
-- Told in the outbox as `hold.released`, under that lock, so in the order of the wallet.
CREATE OR REPLACE FUNCTION ledger_release(
  p_account bigint, p_hold bigint, p_partner int, p_operation smallint, p_external_id text, p_hash bytea, p_state text,
  OUT amount bigint, OUT replayed boolean, OUT refused text)
LANGUAGE plpgsql AS $$
DECLARE
  v_hold hold;
BEGIN
  PERFORM FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  SELECT h.* INTO v_hold FROM hold h WHERE h.account_id = p_account AND h.id = p_hold;
  IF v_hold.state IS DISTINCT FROM 'open' THEN
    SELECT bool_and(e.request_hash = p_hash) INTO replayed FROM entry e
     WHERE e.account_id = p_account AND e.partner_id = p_partner AND e.operation = p_operation
       AND e.external_id = p_external_id AND e.origin_id = p_hold;
    refused := CASE WHEN v_hold.id IS NULL THEN 'not_found' WHEN replayed IS NULL THEN 'hold_closed'
                    WHEN NOT replayed THEN 'external_id_conflict' END;
    amount := v_hold.released;
    RETURN;
  END IF;
  replayed := false;
  amount := v_hold.amount - v_hold.captured;
  IF ledger_put_back(p_account, p_hold, v_hold.captured, amount, NULL, 5::smallint, now(), p_partner, p_operation,
                     p_external_id, 0::smallint, p_hash) IS NULL THEN
    refused := 'external_id_conflict';
    RETURN;
  END IF;
  UPDATE hold h SET released = ledger_release.amount, state = p_state, closed_at = now()
   WHERE h.account_id = p_account AND h.id = p_hold;
  UPDATE wallet w SET undrawn = w.undrawn + ledger_release.amount, held = w.held - ledger_release.amount,
                      version = w.version + 1
   WHERE w.account_id = p_account;
  INSERT INTO outbox(kind, key, payload)
  SELECT 'hold.released', 'wallet:' || p_account,
         jsonb_build_object('program_id', w.program_id, 'currency_id', w.currency_id, 'account_id', p_account,
                            'hold_id', p_hold, 'partner_id', v_hold.partner_id, 'external_id', v_hold.external_id,
                            'amount', ledger_release.amount, 'state', p_state, 'at', now(), 'operation', e.operation)
    FROM wallet w JOIN entry e ON e.account_id = w.account_id AND e.id = p_hold WHERE w.account_id = p_account;
END $$;
