-- Netting: what a wallet owes is paid out of its lots.
-- Grain: one call = one journal row (kind 9) that pays p_amount of one debt, out of the lot p_lot or (null) out of the
-- usable lots without a restriction, first expiring first. The caller holds the wallet's lock and knows there is enough.
CREATE OR REPLACE FUNCTION ledger_net(p_account bigint, p_debt bigint, p_amount bigint, p_lot bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint := nextval('entry_id');
BEGIN
  INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id,
                    kind, operation, external_id, request_hash, origin_id)
  SELECT v_id, p_account, d.contra_id, -p_amount, now(), w.program_id, 0, w.currency_id, 9, 20, v_id::text, '', p_debt
    FROM debt d JOIN wallet w ON w.account_id = d.account_id
   WHERE d.account_id = p_account AND d.entry_id = p_debt;
  INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
  SELECT p_account, v_id, s.entry_id, least(s.remaining, p_amount - (s.hi - s.remaining)), s.amount - s.remaining,
         s.funding_id, s.expires_at
    FROM (SELECT l.*, sum(l.remaining) OVER (ORDER BY l.expires_at, l.entry_id)::bigint AS hi FROM lot l
           WHERE l.account_id = p_account AND l.expires_at > now() AND l.restriction_id IS NULL
             AND CASE WHEN p_lot IS NULL THEN l.active_at <= now() ELSE l.entry_id = p_lot END) s
   WHERE s.hi - s.remaining < p_amount;
  PERFORM ledger_take(p_account, v_id);
  DELETE FROM debt d WHERE d.account_id = p_account AND d.entry_id = p_debt AND d.remaining = p_amount;
  UPDATE debt d SET remaining = d.remaining - p_amount
   WHERE d.account_id = p_account AND d.entry_id = p_debt AND d.remaining > p_amount;
  UPDATE wallet w SET undrawn = w.undrawn - p_amount, arrears = w.arrears - p_amount, version = w.version + 1
   WHERE w.account_id = p_account;
END $$;
