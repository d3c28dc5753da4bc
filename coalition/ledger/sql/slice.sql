-- The stretch [p_from, p_from + p_amount) of what a debit drew, lot by lot, in the order of the draw.
-- Grain: one row = one lot of the stretch, with the position in that lot at which it starts.
CREATE OR REPLACE FUNCTION ledger_slice(p_account bigint, p_debit bigint, p_from bigint, p_amount bigint)
RETURNS TABLE(lot_id bigint, amount bigint, drawn_before bigint, funding_id int, expires_at timestamptz, no int)
LANGUAGE sql STABLE ROWS 4 AS $$
  SELECT s.lot_id, least(s.hi, p_from + p_amount) - greatest(s.hi - s.amount, p_from),
         s.drawn_before + greatest(p_from - (s.hi - s.amount), 0), s.funding_id, s.expires_at, s.no
    FROM (SELECT a.*, sum(a.amount) OVER (ORDER BY a.no, a.expires_at, a.lot_id)::bigint AS hi
            FROM allocation a WHERE a.account_id = p_account AND a.debit_id = p_debit) s
   WHERE s.hi > p_from AND s.hi - s.amount < p_from + p_amount
$$;
