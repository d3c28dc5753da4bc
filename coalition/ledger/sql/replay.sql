-- What became of a business key on this account: its first entry, or why there is no replay of it.
-- Grain: one key. `p_otherwise` is the refusal if the account has no such key (then the key stands on another account,
-- or the points do not suffice: the caller knows which).
CREATE OR REPLACE FUNCTION ledger_replay(
  p_account bigint, p_partner int, p_operation smallint, p_external_id text, p_no smallint, p_hash bytea,
  p_otherwise text, OUT entry_id bigint, OUT refused text, OUT undrawn bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_hash bytea;
BEGIN
  SELECT e.id, e.request_hash INTO entry_id, v_hash FROM entry e
   WHERE e.account_id = p_account AND e.partner_id = p_partner AND e.operation = p_operation
     AND e.external_id = p_external_id AND e.no = p_no;
  IF NOT FOUND THEN
    refused := p_otherwise;
  ELSIF v_hash <> p_hash THEN
    entry_id := NULL;
    refused := 'external_id_conflict';
  END IF;
  SELECT coalesce(max(w.undrawn), 0) INTO undrawn FROM wallet w WHERE w.account_id = p_account;
END $$;
