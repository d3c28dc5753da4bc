-- Give back points that a debit or a capture redeemed: last drawn first, or in proportion (`restoring.sql`) if
-- p_in_proportion says so, or, where it is null, the rule of the redeemer at the time of the redemption.
-- Grain: one call = one giving back; its journal rows (kind 7) are told in `put_back.sql`. Never more in all than the
-- original took. Where a lot has ended meanwhile and there is a grace, its points end at p_grace instead. What moved to
-- another wallet is not given back: it moves back.
CREATE OR REPLACE FUNCTION ledger_give_back(
  p_account bigint, p_debit bigint, p_amount bigint, p_grace timestamptz, p_occurred timestamptz, p_partner int,
  p_operation smallint, p_external_id text, p_no smallint, p_hash bytea, p_idle timestamptz,
  p_in_proportion boolean,
  OUT entry_ids bigint[], OUT replayed boolean, OUT refused text, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_first entry;
  v_home bigint;
  v_fair boolean;
  v_turn int;
BEGIN
  v_home := nullif(ledger_home(p_account), p_account);
  SELECT e.* INTO v_first FROM entry e
   WHERE e.account_id = p_account AND e.partner_id = p_partner AND e.operation = p_operation
     AND e.external_id = p_external_id AND e.no = p_no;
  replayed := v_first.kind = 7 AND v_first.request_hash = p_hash AND v_first.origin_id = p_debit;
  IF replayed THEN
    SELECT array_agg(e.id ORDER BY e.id <> v_first.id, e.id) INTO entry_ids FROM entry e
     WHERE e.account_id = p_account AND e.origin_id = p_debit
       AND (e.id = v_first.id OR (e.partner_id = 0 AND e.external_id LIKE v_first.id || '.%'));
    RETURN;
  END IF;
  replayed := false;
  SELECT -e.amount - coalesce((SELECT sum(r.amount) FROM entry r
            WHERE r.account_id = p_account AND r.origin_id = p_debit AND r.kind = 7), 0),
         coalesce(p_in_proportion, (SELECT r.in_proportion FROM reversal_rule r
                                     WHERE c.kind = 3 AND r.owner = c.owner AND r.since <= e.occurred_at
                                     ORDER BY r.since DESC LIMIT 1), false) INTO available, v_fair
    FROM entry e JOIN account c ON c.id = e.contra_id AND c.kind NOT IN (7, 8)
   WHERE e.account_id = p_account AND e.id = p_debit AND e.kind IN (2, 4);
  refused := CASE WHEN v_first.id IS NOT NULL THEN 'external_id_conflict' WHEN available IS NULL THEN 'not_found'
                  WHEN p_amount > available THEN 'return_exceeded' END;
  IF refused IS NULL AND p_idle IS NOT NULL THEN
    PERFORM ledger_awaken(w.account_id, w.program_id, w.currency_id, p_idle) FROM wallet w
      WHERE w.account_id = coalesce(v_home, p_account);
  END IF;
  IF refused IS NULL AND (v_fair OR EXISTS (
       SELECT FROM restored r WHERE r.account_id = p_account AND r.debit_id = p_debit)) THEN
    v_turn := ledger_restoring(p_account, p_debit, available, p_amount, v_fair);
  END IF;
  IF refused IS NULL THEN
    entry_ids := ledger_put_back(p_account, p_debit, available - p_amount, p_amount, p_grace, 7::smallint, p_occurred,
                                 p_partner, p_operation, p_external_id, p_no, p_hash, v_turn);
    refused := CASE WHEN entry_ids IS NULL THEN 'external_id_conflict' END;
  END IF;
  IF refused IS NULL THEN
    UPDATE wallet w SET undrawn = w.undrawn + p_amount, version = w.version + 1 WHERE w.account_id = p_account;
    IF v_home IS NOT NULL THEN
      PERFORM ledger_follow(p_account, v_home);
    END IF;
  END IF;
END $$;
