-- Spend points, one posting (the online path; `bulk_debit_*.sql` is the same law for many).
-- Grain: one call = one journal row (kind 2 = debit, 3 = the debit of a hold) and its allocations.
-- Lock first, read in a second statement: a lock wait does not refresh the snapshot of the statement that waited.
-- What authorizes is the sum of the eligible lots under the wallet's lock, never the cache in `undrawn`.
CREATE OR REPLACE FUNCTION ledger_debit(
  p_account bigint, p_contra bigint, p_amount bigint, p_occurred timestamptz, p_program int, p_partner int,
  p_currency int, p_kind smallint, p_operation smallint, p_external_id text, p_no smallint, p_hash bytea,
  OUT entry_id bigint, OUT replayed boolean, OUT refused text, OUT undrawn bigint, OUT available bigint)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  SELECT coalesce(sum(l.remaining), 0) INTO available FROM lot l
   WHERE l.account_id = p_account AND l.expires_at > now() AND l.active_at <= now();
  IF available >= p_amount THEN
    INSERT INTO entry(account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id,
                      kind, operation, external_id, no, request_hash)
    VALUES (p_account, p_contra, -p_amount, p_occurred, p_program, p_partner, p_currency,
            p_kind, p_operation, p_external_id, p_no, p_hash)
    ON CONFLICT DO NOTHING RETURNING id INTO entry_id;
    IF FOUND THEN
      replayed := false;
      PERFORM ledger_draw(p_account, entry_id, p_amount);
      UPDATE wallet AS w SET undrawn = w.undrawn - p_amount, version = w.version + 1,
                             held = w.held + CASE WHEN p_kind = 3 THEN p_amount ELSE 0 END
       WHERE w.account_id = p_account RETURNING w.undrawn INTO undrawn;
      RETURN;
    END IF;
  END IF;
  SELECT r.* INTO entry_id, refused, undrawn
    FROM ledger_replay(p_account, p_partner, p_operation, p_external_id, p_no, p_hash,
      CASE WHEN available < p_amount THEN 'insufficient_points' ELSE 'external_id_conflict' END) r;
  replayed := entry_id IS NOT NULL;
END $$;
