-- How much of a credit has been asked back so far, less what of it was given back again. Grain: one credit.
CREATE OR REPLACE FUNCTION ledger_clawed(p_account bigint, p_credit bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(c.own + c.others + c.owed + c.waived - coalesce((
           SELECT sum(r.amount) FROM entry r
            WHERE r.account_id = c.home_id AND r.origin_id = c.debit_id AND r.kind = 7), 0)), 0)::bigint
    FROM clawback c WHERE c.account_id = p_account AND c.credit_id = p_credit
$$;
