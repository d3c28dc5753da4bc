-- Put a stretch of a debit's draws back, or those of a turn: to the very lots they came from, with their old expiry.
-- Grain: one call = journal rows of one kind (5 = out of a hold, 7 = what was redeemed comes back): one tops up the lots
-- of single funders (negative allocations); each co-funded lot's stretch is born again as a child lot with the same root,
-- funded by exactly the integers it restores, because a topped-up position would be split twice (settlement.md).
-- The first row carries the business key, the others an inner one (partner 0, the first row's id). Null: the key is taken.
-- The caller holds the wallet's lock, and moves its caches.
CREATE OR REPLACE FUNCTION ledger_put_back(
  p_account bigint, p_debit bigint, p_from bigint, p_amount bigint, p_grace timestamptz, p_kind smallint,
  p_occurred timestamptz, p_partner int, p_operation smallint, p_external_id text, p_no smallint, p_hash bytea,
  p_turn int DEFAULT NULL)
RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
  v_part record;
  v_id bigint;
  v_ids bigint[] := '{}';
BEGIN
  FOR v_part IN SELECT p.* FROM ledger_parts(p_account, p_debit, p_from, p_amount, p_grace, p_turn) p
                 ORDER BY p.child_of LOOP
    INSERT INTO entry(account_id, contra_id, amount, occurred_at, expires_at, active_at, funding_id, restriction_id,
                      issued_at, program_id, partner_id, currency_id, kind, operation, external_id, no, request_hash,
                      origin_id, root_id)
    SELECT p_account, d.contra_id, v_part.amount, p_occurred, nullif(v_part.expires_at, 'infinity'), b.active_at,
           v_part.funding_id, b.restriction_id, coalesce(b.issued_at, b.occurred_at), d.program_id,
           CASE WHEN v_ids = '{}' THEN p_partner ELSE 0 END, d.currency_id, p_kind, p_operation,
           CASE WHEN v_ids = '{}' THEN p_external_id ELSE v_ids[1] || '.' || cardinality(v_ids) END,
           CASE WHEN v_ids = '{}' THEN p_no ELSE 0 END, p_hash, p_debit, coalesce(b.root_id, b.id)
      FROM entry d LEFT JOIN entry b ON b.account_id = p_account AND b.id = v_part.child_of
     WHERE d.account_id = p_account AND d.id = p_debit
    ON CONFLICT DO NOTHING RETURNING id INTO v_id;
    IF NOT FOUND THEN
      RETURN NULL;
    END IF;
    v_ids := v_ids || v_id;
    IF v_part.child_of = 0 THEN
      INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at, no)
      SELECT p_account, v_id, s.lot_id, -s.amount, s.drawn_before, s.funding_id, s.expires_at, s.no
        FROM ledger_coming_back(p_account, p_debit, p_from, p_amount, p_turn) s
        JOIN funding_leg f ON f.funding_id = s.funding_id AND f.no = 0 AND f.legs = 1
       WHERE p_grace IS NULL OR s.expires_at > now();
    END IF;
  END LOOP;
  INSERT INTO lot AS l (account_id, expires_at, entry_id, active_at, amount, remaining, funding_id, restriction_id)
  SELECT p_account, coalesce(b.expires_at, 'infinity'), b.id, coalesce(b.active_at, '-infinity'), b.amount,
         coalesce(-a.amount, b.amount), b.funding_id, b.restriction_id
    FROM entry e
    LEFT JOIN allocation a ON a.account_id = p_account AND a.debit_id = e.id
    JOIN entry b ON b.account_id = p_account AND b.id = coalesce(a.lot_id, e.id)
   WHERE e.account_id = p_account AND e.id = ANY(v_ids)
  ON CONFLICT (account_id, expires_at, entry_id) DO UPDATE SET remaining = l.remaining + excluded.remaining;
  RETURN v_ids;
END $$;
