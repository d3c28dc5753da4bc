-- Reserve points: a debit into the held pocket, and the hold that remembers it (hold.id = entry.id).
-- Grain: one call = one hold. The debit draws the lots, so what a hold pins can neither expire nor be spent.
CREATE OR REPLACE FUNCTION ledger_hold(
  p_account bigint, p_contra bigint, p_amount bigint, p_ttl_s int, p_program int, p_partner int, p_currency int,
  p_operation smallint, p_external_id text, p_hash bytea, p_purpose text,
  p_rule smallint, p_restrictions int[], p_caps bigint[], p_idle timestamptz,
  OUT hold_id bigint, OUT replayed boolean, OUT refused text, OUT available bigint)
LANGUAGE plpgsql AS $$
BEGIN
  IF p_rule = 0 AND p_restrictions = '{}' AND p_idle IS NULL THEN
    SELECT d.entry_id, d.replayed, d.refused, d.available INTO hold_id, replayed, refused, available
      FROM ledger_debit(p_account, p_contra, p_amount, now(), p_program, p_partner, p_currency,
                        3::smallint, p_operation, p_external_id, 0::smallint, p_hash) d;
  ELSE
    SELECT d.entry_id, d.replayed, d.refused, d.available INTO hold_id, replayed, refused, available
      FROM ledger_debit_by(p_account, p_contra, p_amount, now(), p_program, p_partner, p_currency,
                           3::smallint, p_operation, p_external_id, 0::smallint, p_hash,
                           p_rule, p_restrictions, p_caps, p_idle) d;
  END IF;
  IF refused IS NULL AND NOT replayed THEN
    INSERT INTO hold(account_id, id, amount, expires_at, purpose, partner_id, external_id, request_hash)
    VALUES (p_account, hold_id, p_amount, now() + make_interval(secs => p_ttl_s), p_purpose,
            p_partner, p_external_id, p_hash);
  END IF;
END $$;
