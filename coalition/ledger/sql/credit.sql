-- Issue points, one posting (the online path; `bulk_credit.sql` is the same law for many).
-- Grain: one call = one journal row and the lot it is born with, and what that lot pays of the wallet's arrears.
-- Locks: the wallet row, last.
-- A key seen before changes nothing: the first entry is read back by account, and another body is refused.
CREATE OR REPLACE FUNCTION ledger_credit(
  p_account bigint, p_contra bigint, p_amount bigint, p_occurred timestamptz, p_expires timestamptz,
  p_active timestamptz, p_funding int, p_program int, p_partner int, p_currency int,
  p_operation smallint, p_external_id text, p_no smallint, p_hash bytea, p_restriction int, p_idle timestamptz,
  OUT entry_id bigint, OUT replayed boolean, OUT refused text, OUT undrawn bigint, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_arrears bigint := 0;
BEGIN
  INSERT INTO entry(account_id, contra_id, amount, occurred_at, expires_at, active_at, funding_id, restriction_id,
                    program_id, partner_id, currency_id, kind, operation, external_id, no, request_hash)
  VALUES (p_account, p_contra, p_amount, p_occurred, p_expires, p_active, p_funding, p_restriction,
          p_program, p_partner, p_currency, 1, p_operation, p_external_id, p_no, p_hash)
  ON CONFLICT DO NOTHING RETURNING id INTO entry_id;
  IF NOT FOUND THEN
    SELECT r.* INTO entry_id, refused, undrawn
      FROM ledger_replay(p_account, p_partner, p_operation, p_external_id, p_no, p_hash, 'external_id_conflict') r;
    replayed := entry_id IS NOT NULL;
    RETURN;
  END IF;
  replayed := false;
  IF p_idle IS NOT NULL THEN
    PERFORM ledger_awaken(p_account, p_program, p_currency, p_idle);
  END IF;
  INSERT INTO lot(account_id, expires_at, entry_id, active_at, amount, remaining, funding_id, restriction_id)
  VALUES (p_account, coalesce(p_expires, 'infinity'), entry_id, coalesce(p_active, '-infinity'),
          p_amount, p_amount, p_funding, p_restriction);
  UPDATE wallet AS w SET undrawn = w.undrawn + p_amount, version = w.version + 1
   WHERE w.account_id = p_account RETURNING w.undrawn, w.arrears INTO undrawn, v_arrears;
  IF NOT FOUND THEN
    INSERT INTO wallet AS w (account_id, undrawn, program_id, currency_id)
    VALUES (p_account, p_amount, p_program, p_currency)
    ON CONFLICT (account_id) DO UPDATE SET undrawn = w.undrawn + excluded.undrawn, version = w.version + 1
    RETURNING w.undrawn, w.arrears INTO undrawn, v_arrears;
  END IF;
  IF v_arrears > 0 THEN
    undrawn := ledger_net_lot(p_account, entry_id);
  END IF;
END $$;
