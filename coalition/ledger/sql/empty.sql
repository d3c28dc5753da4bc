-- Draw every lot of a wallet. Grain: one journal row (kind 2). The caller holds the lock and has ended what has ended.
CREATE OR REPLACE FUNCTION ledger_empty(
  p_account bigint, p_id bigint, p_contra bigint, p_occurred timestamptz, p_partner int, p_operation smallint,
  p_external_id text, p_no smallint, p_hash bytea) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, kind,
                    operation, external_id, no, request_hash)
  SELECT p_id, p_account, p_contra, -sum(l.remaining), p_occurred, w.program_id, p_partner, w.currency_id, 2,
         p_operation, p_external_id, p_no, p_hash
    FROM wallet w JOIN lot l ON l.account_id = w.account_id
   WHERE w.account_id = p_account GROUP BY w.program_id, w.currency_id;
  INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
  SELECT p_account, p_id, l.entry_id, l.remaining, l.amount - l.remaining, l.funding_id, l.expires_at
    FROM lot l WHERE l.account_id = p_account;
  DELETE FROM lot l WHERE l.account_id = p_account;
  UPDATE wallet w SET undrawn = 0, version = w.version + 1 WHERE w.account_id = p_account;
END $$;
