-- Let another wallet owe what this one owes. Grain: one journal row here (kind 8, positive), one there for each debt.
CREATE OR REPLACE FUNCTION ledger_owe_elsewhere(
  p_from bigint, p_to bigint, p_contra bigint, p_occurred timestamptz, p_partner int, p_operation smallint,
  p_external_id text, p_no smallint, p_hash bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_debt record;
  v_id bigint;
  v_total bigint;
BEGIN
  INSERT INTO entry(account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, kind, operation,
                    external_id, no, request_hash)
  SELECT p_from, p_contra, w.arrears, p_occurred, w.program_id, p_partner, w.currency_id, 8, p_operation,
         p_external_id, p_no, p_hash
    FROM wallet w WHERE w.account_id = p_from;
  FOR v_debt IN SELECT d.* FROM debt d WHERE d.account_id = p_from ORDER BY d.created_at, d.entry_id LOOP
    v_id := nextval('entry_id');
    INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, kind,
                      operation, external_id, request_hash, origin_id)
    SELECT v_id, p_to, p_contra, -v_debt.remaining, p_occurred, w.program_id, 0, w.currency_id, 8, p_operation,
           v_id::text, '', v_debt.entry_id
      FROM wallet w WHERE w.account_id = p_to;
    INSERT INTO debt(account_id, entry_id, contra_id, amount, remaining, created_at)
    VALUES (p_to, v_id, v_debt.contra_id, v_debt.remaining, v_debt.remaining, v_debt.created_at);
  END LOOP;
  DELETE FROM debt d WHERE d.account_id = p_from;
  SELECT w.arrears INTO v_total FROM wallet w WHERE w.account_id = p_from;
  UPDATE wallet w SET arrears = CASE w.account_id WHEN p_to THEN w.arrears + v_total ELSE 0 END, version = w.version + 1
   WHERE w.account_id IN (p_from, p_to);
END $$;
