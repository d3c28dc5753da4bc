-- A debt (kind 8): points of a credit that are clawed back though they are spent. Grain: one journal row, one open debt.
-- Its legs complete what was clawed back of the credit so far, so that a credit clawed back in full is so leg by leg.
CREATE OR REPLACE FUNCTION ledger_owe(
  p_account bigint, p_credit entry, p_id bigint, p_amount bigint, p_contra bigint, p_occurred timestamptz,
  p_partner int, p_operation smallint, p_external_id text, p_no smallint, p_hash bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_funding int := p_credit.funding_id;
  v_arrears bigint;
BEGIN
  IF (SELECT f.legs > 1 FROM funding_leg f WHERE f.funding_id = v_funding AND f.no = 0) THEN
    WITH before AS (
      SELECT m.party_id, sum(m.points)::bigint AS points FROM ledger_movements m
       WHERE m.account_id IN (p_account, p_credit.account_id) AND m.kind = 'clawback'
         AND m.lot_id = p_credit.id GROUP BY 1),
    legs AS (
      SELECT s.no, s.party_id, s.points - coalesce(b.points, 0) AS points
        FROM ledger_split(v_funding, 0, p_amount + coalesce((SELECT sum(points) FROM before), 0)::bigint) s
        LEFT JOIN before b ON b.party_id = s.party_id)
    SELECT ledger_funding(array_agg(party_id ORDER BY no), array_agg(points ORDER BY no)) INTO v_funding
      FROM legs WHERE points <> 0;
  END IF;
  INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, issued_at, funding_id, program_id, partner_id,
                    currency_id, kind, operation, external_id, no, request_hash, origin_id)
  VALUES (p_id, p_account, p_contra, -p_amount, p_occurred, p_credit.occurred_at,
          v_funding, p_credit.program_id, p_partner, p_credit.currency_id, 8, p_operation, p_external_id, p_no, p_hash,
          p_credit.id);
  INSERT INTO account(program_id, currency_id, kind, owner)
  SELECT c.program_id, c.currency_id, 9, c.owner FROM account c WHERE c.id = p_contra ON CONFLICT DO NOTHING;
  SELECT r.id INTO v_arrears FROM account c JOIN account r ON r.program_id = c.program_id
     AND r.currency_id = c.currency_id AND r.kind = 9 AND r.owner = c.owner WHERE c.id = p_contra;
  INSERT INTO debt(account_id, entry_id, contra_id, amount, remaining)
  VALUES (p_account, p_id, v_arrears, p_amount, p_amount);
  UPDATE wallet w SET arrears = w.arrears + p_amount, version = w.version + 1 WHERE w.account_id = p_account;
END $$;
