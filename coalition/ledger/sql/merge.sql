-- Move all that one wallet has and owes to another: usable, pending and restricted lots, arrears, the end by idleness.
-- Grain: one call = one debit (kind 2, under the key) and its arrivals; one row that settles the arrears here (kind 8, the
-- key with `no` inverted) and one debt there for each that was open. Refused while the wallet has open holds. From then on
-- what is clawed back or given back of the merged wallet's past happens to the other one. Locks both, lower id first.
CREATE OR REPLACE FUNCTION ledger_merge(
  p_from bigint, p_to bigint, p_contra bigint, p_occurred timestamptz, p_partner int, p_operation smallint,
  p_external_id text, p_no smallint, p_hash bytea,
  OUT entry_id bigint, OUT arrival_ids bigint[], OUT amount bigint, OUT arrears bigint, OUT replayed boolean,
  OUT refused text)
LANGUAGE plpgsql AS $$
DECLARE
  v_from wallet;
BEGIN
  SELECT w.* INTO v_from FROM wallet w WHERE w.account_id = p_from;
  PERFORM ledger_pair(p_from, p_to, v_from.program_id, v_from.currency_id)
    WHERE v_from.account_id IS NOT NULL;
  PERFORM ledger_end(ARRAY[p_from, p_to], now(), false);
  SELECT w.* INTO v_from FROM wallet w WHERE w.account_id = p_from;
  SELECT max(e.id) FILTER (WHERE e.kind = 2), coalesce(-sum(e.amount) FILTER (WHERE e.kind = 2), 0),
         coalesce(sum(e.amount) FILTER (WHERE e.kind = 8), 0), bool_and(e.request_hash = p_hash)
    INTO entry_id, amount, arrears, replayed
    FROM entry e WHERE e.account_id = p_from AND e.partner_id = p_partner AND e.operation = p_operation
     AND e.external_id = p_external_id AND e.no IN (p_no, -1 - p_no);
  IF replayed IS NOT NULL THEN
    arrival_ids := ledger_arrivals(p_to, entry_id);
    refused := CASE WHEN NOT replayed THEN 'external_id_conflict' END;
    RETURN;
  END IF;
  replayed := false;
  arrival_ids := '{}';
  IF EXISTS (SELECT FROM hold h WHERE h.account_id = p_from AND h.state = 'open') THEN
    refused := 'holds_open';
    RETURN;
  END IF;
  amount := coalesce(v_from.undrawn, 0);
  arrears := coalesce(v_from.arrears, 0);
  BEGIN
    IF amount > 0 THEN
      entry_id := nextval('entry_id');
      PERFORM ledger_empty(p_from, entry_id, p_contra, p_occurred, p_partner, p_operation, p_external_id, p_no, p_hash);
      arrival_ids := ledger_arrive(p_from, entry_id, p_to, p_contra, v_from.currency_id, NULL, true, NULL);
    END IF;
    IF arrears > 0 THEN
      PERFORM ledger_owe_elsewhere(p_from, p_to, p_contra, p_occurred, p_partner, p_operation, p_external_id,
                                   (-1 - p_no)::smallint, p_hash);
    END IF;
  EXCEPTION WHEN unique_violation THEN
    refused := 'external_id_conflict';
    RETURN;
  END;
  UPDATE wallet w SET idle_at = greatest(w.idle_at, v_from.idle_at), version = w.version + 1
   WHERE w.account_id = p_to AND v_from.idle_at IS NOT NULL;
  UPDATE wallet w SET merged_into = p_to, version = w.version + 1,
                      idle_at = CASE WHEN w.account_id = p_from THEN NULL ELSE w.idle_at END
   WHERE w.account_id = p_from OR w.merged_into = p_from;
  PERFORM ledger_net_all(p_to);
END $$;
