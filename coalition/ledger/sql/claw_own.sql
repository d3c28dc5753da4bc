-- The debit (kind 2) of a credit's own lots, its child lots included. Grain: one journal row.
CREATE OR REPLACE FUNCTION ledger_claw_own(
  p_account bigint, p_credit entry, p_own bigint[], p_id bigint, p_amount bigint, p_contra bigint,
  p_occurred timestamptz, p_partner int, p_operation smallint, p_external_id text, p_no smallint, p_hash bytea)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, kind,
                    operation, external_id, no, request_hash, origin_id)
  VALUES (p_id, p_account, p_contra, -p_amount, p_occurred, p_credit.program_id, p_partner, p_credit.currency_id, 2,
          p_operation, p_external_id, p_no, p_hash, p_credit.id);
  INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at, no)
  SELECT p_account, p_id, s.entry_id, least(s.remaining, p_amount - (s.hi - s.remaining)), s.amount - s.remaining,
         s.funding_id, s.expires_at, s.no
    FROM (SELECT l.*, row_number() OVER o AS no, sum(l.remaining) OVER o::bigint AS hi FROM lot l
           WHERE l.account_id = p_account AND l.expires_at > now() AND l.entry_id = ANY(p_own)
          WINDOW o AS (ORDER BY l.entry_id <> p_credit.id, l.expires_at, l.entry_id)) s
   WHERE s.hi - s.remaining < p_amount;
  PERFORM ledger_take(p_account, p_id);
  UPDATE wallet w SET undrawn = w.undrawn - p_amount, version = w.version + 1 WHERE w.account_id = p_account;
END $$;
