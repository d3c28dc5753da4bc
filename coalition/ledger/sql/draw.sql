-- Draw points of a wallet from its lots, first expiring first, for a journal row that already stands.
-- Grain: one call = the allocations of one debit. The caller holds the wallet's lock and knows that the eligible lots
-- suffice. `drawn_before` is the position in the lot at which the draw starts: settlement splits co-funded lots by it.
-- A used-up lot's row goes; its history is `entry` and `allocation`.
CREATE OR REPLACE FUNCTION ledger_draw(p_account bigint, p_debit bigint, p_amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_need bigint := p_amount;
  v_take bigint;
  v_lot record;
BEGIN
  FOR v_lot IN
    SELECT l.expires_at, l.entry_id, l.amount, l.remaining, l.funding_id FROM lot l
     WHERE l.account_id = p_account AND l.expires_at > now() AND l.active_at <= now()
     ORDER BY l.expires_at, l.entry_id
  LOOP
    v_take := least(v_need, v_lot.remaining);
    INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
    VALUES (p_account, p_debit, v_lot.entry_id, v_take, v_lot.amount - v_lot.remaining, v_lot.funding_id, v_lot.expires_at);
    IF v_take = v_lot.remaining THEN
      DELETE FROM lot WHERE account_id = p_account AND expires_at = v_lot.expires_at AND entry_id = v_lot.entry_id;
    ELSE
      UPDATE lot SET remaining = remaining - v_take
       WHERE account_id = p_account AND expires_at = v_lot.expires_at AND entry_id = v_lot.entry_id;
    END IF;
    v_need := v_need - v_take;
    EXIT WHEN v_need = 0;
  END LOOP;
  IF v_need > 0 THEN
    RAISE EXCEPTION 'lots of account % moved under its lock', p_account USING ERRCODE = '40001';
  END IF;
END $$;
