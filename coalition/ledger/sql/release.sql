-- Put back what a hold has left: to the very lots it came from, with their old expiry.
-- Grain: one call = journal rows of kind 5: one tops up all lots of a single funder (negative allocations); each
-- co-funded lot's stretch is born again as a child lot with the same root, funded by exactly the integers it restores,
-- because a topped-up position would be split twice (settlement.md). What has expired meanwhile goes at the next sweep.
-- The wallet's lock comes first, so that a capture or another release has either happened or not begun.
CREATE OR REPLACE FUNCTION ledger_release(
  p_account bigint, p_hold bigint, p_partner int, p_operation smallint, p_external_id text, p_hash bytea, p_state text,
  OUT amount bigint, OUT replayed boolean, OUT refused text)
LANGUAGE plpgsql AS $$
DECLARE
  v_hold hold;
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
  BEGIN
    INSERT INTO entry(account_id, contra_id, amount, occurred_at, expires_at, active_at, funding_id, program_id,
                      partner_id, currency_id, kind, operation, external_id, no, request_hash, origin_id, root_id)
    SELECT p_account, h.contra_id, p.amount, now(), lot.expires_at, lot.active_at, p.funding_id, h.program_id,
           p_partner, h.currency_id, 5, p_operation, p_external_id, row_number() OVER (ORDER BY p.child_of) - 1,
           p_hash, p_hold, coalesce(lot.root_id, lot.id)
      FROM ledger_parts(p_account, p_hold, v_hold.captured, amount) p
      JOIN entry h ON h.account_id = p_account AND h.id = p_hold
      LEFT JOIN entry lot ON lot.account_id = p_account AND lot.id = p.child_of;
  EXCEPTION WHEN unique_violation THEN
    refused := 'external_id_conflict';
    RETURN;
  END;
  INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
  SELECT p_account, e.id, s.lot_id, -s.amount, s.drawn_before, s.funding_id, s.expires_at
    FROM ledger_slice(p_account, p_hold, v_hold.captured, ledger_release.amount) s
    JOIN funding_leg f ON f.funding_id = s.funding_id AND f.legs = 1
    JOIN entry e ON e.account_id = p_account AND e.partner_id = p_partner AND e.operation = p_operation
                AND e.external_id = p_external_id AND e.funding_id IS NULL;
  INSERT INTO lot AS l (account_id, expires_at, entry_id, active_at, amount, remaining, funding_id)
  SELECT p_account, coalesce(b.expires_at, 'infinity'), b.id, coalesce(b.active_at, '-infinity'), b.amount,
         coalesce(-a.amount, b.amount), b.funding_id
    FROM entry e
    LEFT JOIN allocation a ON a.account_id = p_account AND a.debit_id = e.id
    JOIN entry b ON b.account_id = p_account AND b.id = coalesce(a.lot_id, e.id)
   WHERE e.account_id = p_account AND e.partner_id = p_partner AND e.operation = p_operation
     AND e.external_id = p_external_id
  ON CONFLICT (account_id, expires_at, entry_id) DO UPDATE SET remaining = l.remaining + excluded.remaining;
  UPDATE hold h SET released = ledger_release.amount, state = p_state, closed_at = now()
   WHERE h.account_id = p_account AND h.id = p_hold;
  UPDATE wallet w SET undrawn = w.undrawn + ledger_release.amount, held = w.held - ledger_release.amount,
                      version = w.version + 1
   WHERE w.account_id = p_account;
END $$;

-- The journal rows a release is made of. Grain: one row for all single-funder lots of the stretch (child_of = 0), one
-- for each co-funded lot, with the funding that restores its legs exactly.
CREATE OR REPLACE FUNCTION ledger_parts(p_account bigint, p_hold bigint, p_from bigint, p_amount bigint)
RETURNS TABLE(child_of bigint, amount bigint, funding_id int)
LANGUAGE sql AS $$
  SELECT 0, sum(s.amount)::bigint, NULL::int
    FROM ledger_slice(p_account, p_hold, p_from, p_amount) s
    JOIN funding_leg f ON f.funding_id = s.funding_id AND f.legs = 1
  HAVING sum(s.amount) > 0
   UNION ALL
  SELECT s.lot_id, s.amount, (
           SELECT ledger_funding(array_agg(x.party_id ORDER BY x.no), array_agg(x.points ORDER BY x.no))
             FROM ledger_split(s.funding_id, s.drawn_before, s.drawn_before + s.amount) x WHERE x.points <> 0)
    FROM ledger_slice(p_account, p_hold, p_from, p_amount) s
    JOIN funding_leg f ON f.funding_id = s.funding_id AND f.no = 0 AND f.legs > 1
$$;
