-- Take what a debit's allocations say out of their lots; a used-up lot's row goes.
-- Grain: one call = one debit of one wallet, whose lock the caller holds. The deletion comes first: a lowered lot could
-- otherwise look used up.
CREATE OR REPLACE FUNCTION ledger_take(p_account bigint, p_debit bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM lot l USING allocation a
   WHERE a.account_id = p_account AND a.debit_id = p_debit AND l.account_id = p_account
     AND l.expires_at = a.expires_at AND l.entry_id = a.lot_id AND l.remaining = a.amount;
  UPDATE lot l SET remaining = l.remaining - a.amount FROM allocation a
   WHERE a.account_id = p_account AND a.debit_id = p_debit AND l.account_id = p_account
     AND l.expires_at = a.expires_at AND l.entry_id = a.lot_id AND l.remaining > a.amount;
END $$;
