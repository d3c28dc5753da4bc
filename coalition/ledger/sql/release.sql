-- Put back what a hold has left: to the very lots it came from, with their old expiry.
-- Grain: one call = journal rows of kind 5: one tops up all lots of a single funder (negative allocations); each
-- co-funded lot's stretch is born again as a child lot, funded by exactly the integers it restores, because a topped-up
-- position would be split twice (settlement.md). What has expired meanwhile goes at the next sweep.
-- The wallet's lock comes first, so that a capture or another release has either happened or not begun.
CREATE OR REPLACE FUNCTION ledger_release(
  p_account bigint, p_hold bigint, p_partner int, p_operation smallint, p_external_id text, p_hash bytea, p_state text,
  OUT amount bigint, OUT replayed boolean, OUT refused text)
LANGUAGE plpgsql AS $$
DECLARE
  v_hold hold;
  v_part record;
  v_entry bigint;
BEGIN
  PERFORM FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  SELECT h.* INTO v_hold FROM hold h WHERE h.account_id = p_account AND h.id = p_hold;
  IF v_hold.state IS DISTINCT FROM 'open' THEN
    SELECT bool_and(e.request_hash = p_hash) INTO replayed FROM entry e
     WHERE e.account_id = p_account AND e.partner_id = p_partner AND e.operation = p_operation
       AND e.external_id = p_external_id AND e.origin_id = p_hold;
    refused := CASE WHEN v_hold.id IS NULL THEN 'not_found' WHEN replayed IS NULL THEN 'hold_closed'
                    WHEN NOT replayed THEN 'external_id_conflict' END;
    amount := v_hold.released;
    RETURN;
  END IF;
  replayed := false;
  amount := v_hold.amount - v_hold.captured;
  FOR v_part IN
    SELECT p.*, row_number() OVER (ORDER BY p.child_of) - 1 AS no
      FROM (SELECT CASE WHEN f.legs > 1 THEN s.lot_id ELSE 0 END AS child_of, sum(s.amount)::bigint AS amount,
                   min(s.expires_at) AS expires_at, min(s.drawn_before) AS drawn_before, min(s.funding_id) AS funding_id
              FROM ledger_slice(p_account, p_hold, v_hold.captured, ledger_release.amount) s
              JOIN funding_leg f ON f.funding_id = s.funding_id AND f.no = 0 GROUP BY 1) p
  LOOP
    INSERT INTO entry(account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id,
                      kind, operation, external_id, no, request_hash, origin_id)
    SELECT p_account, e.contra_id, v_part.amount, now(), e.program_id, p_partner, e.currency_id,
           5, p_operation, p_external_id, v_part.no, p_hash, p_hold
      FROM entry e WHERE e.account_id = p_account AND e.id = p_hold
    ON CONFLICT DO NOTHING RETURNING id INTO v_entry;
  END LOOP;
END $$;
