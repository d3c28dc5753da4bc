-- Let the draws of a debit arrive in another wallet: as many points (p_amount null), or p_amount shared out over the
-- draws by largest remainder, ties to the lower lot id.
-- Grain: one call = one journal row (kind 10) and one lot per draw, funded by exactly what the draw took, issued when its
-- points were, with its restriction and its root; it ends as the lot did (p_keep) or at p_expires (null: never). The rows
-- go by an inner key: partner 0, the debit's id and the rank of the draw. The caller holds both wallets' locks.
CREATE OR REPLACE FUNCTION ledger_arrive(
  p_from bigint, p_debit bigint, p_to bigint, p_contra bigint, p_currency int, p_amount bigint, p_keep boolean,
  p_expires timestamptz) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
BEGIN
  WITH shared AS (
    SELECT x.*, div(x.want * x.amount, x.total) + (x.rank <= x.want - sum(div(x.want * x.amount, x.total)) OVER ())::int
                AS share
      FROM (SELECT a.*, -d.amount AS total, coalesce(p_amount, -d.amount)::numeric AS want,
                   row_number() OVER (ORDER BY mod(coalesce(p_amount, -d.amount)::numeric * a.amount, -d.amount) DESC,
                                      a.lot_id) AS rank,
                   row_number() OVER (ORDER BY a.no, a.expires_at, a.lot_id) AS place
              FROM allocation a JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id
             WHERE a.account_id = p_from AND a.debit_id = p_debit) x)
  INSERT INTO entry(account_id, contra_id, amount, occurred_at, expires_at, active_at, funding_id, restriction_id,
                    issued_at, program_id, partner_id, currency_id, kind, operation, external_id, request_hash,
                    origin_id, root_id)
  SELECT p_to, p_contra, s.share, d.occurred_at, CASE WHEN p_keep THEN b.expires_at ELSE p_expires END, b.active_at,
         CASE WHEN f.legs = 1 THEN s.funding_id ELSE ledger_stretch(s.funding_id, s.drawn_before, s.amount) END,
         b.restriction_id, coalesce(b.issued_at, b.occurred_at), d.program_id, 0, p_currency, 10, d.operation,
         p_debit || '.' || s.place, '', p_debit, coalesce(b.root_id, b.id)
    FROM shared s
    JOIN entry d ON d.account_id = p_from AND d.id = p_debit
    JOIN entry b ON b.account_id = p_from AND b.id = s.lot_id
    JOIN funding_leg f ON f.funding_id = s.funding_id AND f.no = 0
   WHERE s.share > 0 ORDER BY s.place;
  INSERT INTO lot(account_id, expires_at, entry_id, active_at, amount, remaining, funding_id, restriction_id)
  SELECT p_to, coalesce(e.expires_at, 'infinity'), e.id, coalesce(e.active_at, '-infinity'), e.amount, e.amount,
         e.funding_id, e.restriction_id
    FROM entry e WHERE e.account_id = p_to AND e.origin_id = p_debit AND e.kind = 10;
  UPDATE wallet w SET undrawn = w.undrawn + t.amount, version = w.version + 1
    FROM (SELECT sum(e.amount) AS amount FROM entry e
           WHERE e.account_id = p_to AND e.origin_id = p_debit AND e.kind = 10) t
   WHERE w.account_id = p_to AND t.amount > 0;
  RETURN ledger_arrivals(p_to, p_debit);
END $$;
