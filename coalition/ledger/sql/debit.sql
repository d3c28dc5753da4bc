-- Spend points, one posting (the online path; `bulk_debit.sql` and its kin are the same law for many).
-- Grain: one call = one journal row (kind 2 = debit, 3 = the debit of a hold) and its draws from the usable lots, first
-- expiring first. Lock first, read in a second statement: a lock wait does not refresh the snapshot of the statement
-- that waited. What authorizes is what the lots hold under the wallet's lock, never the cache in `undrawn`.
-- The loop only looks for the last lot needed (into scalars: a record costs a sixth of the whole); the draws are then two
-- range statements over the lots up to it. No lot is empty, so as many lots as points are enough: that LIMIT has lots
-- read in the order of their key until the last, where without it all of the wallet's are read and sorted first.
-- Restricted lots never pay here, and nothing does once the wallet's points have ended by idleness: `debit_by.sql` is for
-- debits that name a rule or restrictions.
-- `drawn_before` is the position in the lot at which a draw starts: settlement splits co-funded lots by it. A used-up
-- lot's row goes; its history is `entry` and `allocation`.
CREATE OR REPLACE FUNCTION ledger_debit(
  p_account bigint, p_contra bigint, p_amount bigint, p_occurred timestamptz, p_program int, p_partner int,
  p_currency int, p_kind smallint, p_operation smallint, p_external_id text, p_no smallint, p_hash bytea,
  OUT entry_id bigint, OUT replayed boolean, OUT refused text, OUT undrawn bigint, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_end timestamptz;
  v_lot bigint;
  v_remaining bigint;
  v_rest bigint;
  v_from timestamptz;
BEGIN
  SELECT CASE WHEN w.idle_at <= now() THEN 'infinity' ELSE now() END INTO v_from
    FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  available := 0;
  FOR v_end, v_lot, v_remaining IN
    SELECT l.expires_at, l.entry_id, l.remaining FROM lot l
     WHERE l.account_id = p_account AND l.expires_at > v_from AND l.active_at <= now()
       AND l.restriction_id IS NULL
     ORDER BY l.expires_at, l.entry_id LIMIT p_amount
  LOOP
    available := available + v_remaining;
    EXIT WHEN available >= p_amount;
  END LOOP;
  v_rest := available - p_amount;
  IF v_rest >= 0 THEN
    INSERT INTO entry(account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id,
                      kind, operation, external_id, no, request_hash)
    VALUES (p_account, p_contra, -p_amount, p_occurred, p_program, p_partner, p_currency,
            p_kind, p_operation, p_external_id, p_no, p_hash)
    ON CONFLICT DO NOTHING RETURNING id INTO entry_id;
  END IF;
  IF entry_id IS NULL THEN
    SELECT r.* INTO entry_id, refused, undrawn
      FROM ledger_replay(p_account, p_partner, p_operation, p_external_id, p_no, p_hash,
        CASE WHEN v_rest < 0 THEN 'insufficient_points' ELSE 'external_id_conflict' END) r;
    replayed := entry_id IS NOT NULL;
    RETURN;
  END IF;
  replayed := false;
  INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
  SELECT p_account, ledger_debit.entry_id, l.entry_id,
         l.remaining - CASE WHEN l.entry_id = v_lot THEN v_rest ELSE 0 END,
         l.amount - l.remaining, l.funding_id, l.expires_at
    FROM lot l
   WHERE l.account_id = p_account AND l.expires_at > now() AND l.active_at <= now()
     AND l.restriction_id IS NULL
     AND (l.expires_at, l.entry_id) <= (v_end, v_lot)
   ORDER BY l.expires_at, l.entry_id LIMIT p_amount;
  IF v_rest > 0 THEN
    UPDATE lot l SET remaining = v_rest
     WHERE l.account_id = p_account AND l.expires_at = v_end AND l.entry_id = v_lot;
  END IF;
  IF v_rest = 0 OR v_remaining < available THEN
    DELETE FROM lot l
     WHERE l.account_id = p_account AND l.expires_at > now() AND l.active_at <= now()
     AND l.restriction_id IS NULL
       AND (l.expires_at, l.entry_id) <= (v_end, v_lot - (v_rest > 0)::int);
  END IF;
  UPDATE wallet AS w SET undrawn = w.undrawn - p_amount, version = w.version + 1,
                         held = w.held + CASE WHEN p_kind = 3 THEN p_amount ELSE 0 END
   WHERE w.account_id = p_account RETURNING w.undrawn INTO undrawn;
END $$;
