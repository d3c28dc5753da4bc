-- The arrivals of a debit. Grain: one call = their entry ids, in the order of the draws.
CREATE OR REPLACE FUNCTION ledger_arrivals(p_to bigint, p_debit bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(e.id ORDER BY split_part(e.external_id, '.', 2)::int), '{}') FROM entry e
   WHERE e.account_id = p_to AND e.origin_id = p_debit AND e.kind = 10
$$;
