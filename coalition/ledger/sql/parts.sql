-- The journal rows that put some of a debit's draws back (which: `restoring.sql`). Grain: one row for all lots that are topped up
-- (child_of = 0): those of a single funder; one for each lot that is born again as a child: a co-funded one, with the
-- funding that restores its legs exactly, and one that has ended where there is a grace.
CREATE OR REPLACE FUNCTION ledger_parts(
  p_account bigint, p_debit bigint, p_from bigint, p_amount bigint, p_grace timestamptz, p_turn int)
RETURNS TABLE(child_of bigint, amount bigint, funding_id int, expires_at timestamptz)
LANGUAGE sql AS $$
  WITH s AS (
    SELECT x.*, f.legs, p_grace IS NOT NULL AND x.expires_at <= now() AS late
      FROM ledger_coming_back(p_account, p_debit, p_from, p_amount, p_turn) x
      JOIN funding_leg f ON f.funding_id = x.funding_id AND f.no = 0)
  SELECT 0, sum(s.amount)::bigint, NULL::int, NULL::timestamptz FROM s WHERE s.legs = 1 AND NOT s.late
  HAVING sum(s.amount) > 0
   UNION ALL
  SELECT s.lot_id, s.amount,
         CASE WHEN s.legs = 1 THEN s.funding_id ELSE ledger_stretch(s.funding_id, s.drawn_before, s.amount) END,
         CASE WHEN s.late THEN p_grace ELSE s.expires_at END
    FROM s WHERE s.legs > 1 OR s.late
$$;
