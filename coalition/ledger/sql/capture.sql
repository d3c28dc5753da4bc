-- Redeem held points: from the held pocket to the redeemer. Partial, and as often as the hold has points left.
-- Grain: one call = one journal row (kind 4) that takes over the hold's allocations in their order, from where the
-- last capture stopped. The wallet's `undrawn` does not move: the points left it when they were held.
CREATE OR REPLACE FUNCTION ledger_capture(
  p_account bigint, p_hold bigint, p_amount bigint, p_contra bigint, p_occurred timestamptz, p_partner int,
  p_operation smallint, p_external_id text, p_hash bytea,
  OUT entry_id bigint, OUT amount bigint, OUT replayed boolean, OUT refused text, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_hold hold;
BEGIN
  PERFORM FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  SELECT h.* INTO v_hold FROM hold h WHERE h.account_id = p_account AND h.id = p_hold;
  available := v_hold.amount - v_hold.captured - v_hold.released;
  amount := coalesce(p_amount, available);
  refused := CASE WHEN v_hold.id IS NULL THEN 'not_found'
                  WHEN v_hold.state <> 'open' THEN 'hold_closed'
                  WHEN v_hold.expires_at <= now() THEN 'hold_expired'
                  WHEN amount > available THEN 'hold_exceeded' END;
  IF refused IS NULL THEN
    INSERT INTO entry(account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id,
                      kind, operation, external_id, request_hash, origin_id)
    SELECT p_account, p_contra, -ledger_capture.amount, p_occurred, e.program_id, p_partner, e.currency_id,
           4, p_operation, p_external_id, p_hash, p_hold
      FROM entry e WHERE e.account_id = p_account AND e.id = p_hold
    ON CONFLICT DO NOTHING RETURNING id INTO entry_id;
    refused := CASE WHEN NOT FOUND THEN 'external_id_conflict' END;
  END IF;
  IF refused IS NOT NULL THEN
    SELECT r.entry_id, r.refused INTO entry_id, refused
      FROM ledger_replay(p_account, p_partner, p_operation, p_external_id, 0::smallint, p_hash, refused) r;
    replayed := entry_id IS NOT NULL;
    SELECT -e.amount INTO amount FROM entry e WHERE e.account_id = p_account AND e.id = entry_id;
    RETURN;
  END IF;
  replayed := false;
  INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at, no)
  SELECT p_account, entry_id, s.lot_id, s.amount, s.drawn_before, s.funding_id, s.expires_at, s.no
    FROM ledger_slice(p_account, p_hold, v_hold.captured, amount) s;
  UPDATE hold h SET captured = h.captured + ledger_capture.amount,
                    state = CASE WHEN available = ledger_capture.amount THEN 'captured' ELSE 'open' END,
                    closed_at = CASE WHEN available = ledger_capture.amount THEN now() END
   WHERE h.account_id = p_account AND h.id = p_hold;
  UPDATE wallet w SET held = w.held - ledger_capture.amount, version = w.version + 1 WHERE w.account_id = p_account;
END $$;
