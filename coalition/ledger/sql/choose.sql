-- Which lots pay a debit, by the currency's rule: 0 first expiring first, 1 first issued first, 2 all in proportion.
-- Grain: one row = one lot and what it pays, in the order of the draw (`no`); together p_amount, or all there is.
-- Restricted lots pay only where the debit names their restriction, no more than its cap, and before the others (in
-- proportion: first expiring first). A restriction 0 among them parts those that pay first from those that pay next.
-- Shares are by largest remainder, ties to the lower lot id. The caller holds the wallet's lock.
CREATE OR REPLACE FUNCTION ledger_choose(
  p_account bigint, p_amount bigint, p_rule smallint, p_restrictions int[], p_caps bigint[])
RETURNS TABLE(lot_id bigint, expires_at timestamptz, amount bigint, drawn_before bigint, funding_id int, no int)
LANGUAGE sql STABLE AS $$
  WITH eligible AS (
    SELECT l.entry_id, l.expires_at, l.amount - l.remaining AS drawn, l.remaining, l.funding_id, l.restriction_id, e.cap,
           row_number() OVER (ORDER BY (l.restriction_id IS NULL), e.rank, CASE WHEN p_rule = 1 THEN (
             SELECT coalesce(b.issued_at, b.occurred_at) FROM entry b
              WHERE b.account_id = l.account_id AND b.id = l.entry_id) END, CASE WHEN p_rule <> 1 THEN l.expires_at END,
             l.entry_id) AS no
      FROM lot l
      LEFT JOIN (SELECT u.*, count(*) FILTER (WHERE u.restriction_id = 0) OVER (ORDER BY u.at) AS rank
                   FROM unnest(p_restrictions, p_caps) WITH ORDINALITY u(restriction_id, cap, at)) e
        ON e.restriction_id = l.restriction_id
     WHERE l.account_id = p_account AND l.expires_at > now() AND l.active_at <= now()
       AND (l.restriction_id IS NULL OR e.cap > 0)),
  payable AS (
    SELECT e.*, CASE WHEN e.restriction_id IS NULL THEN e.remaining ELSE least(e.remaining, greatest(0, e.cap
             - sum(e.remaining) OVER (PARTITION BY e.restriction_id ORDER BY e.no)::bigint + e.remaining)) END AS pays
      FROM eligible e),
  laid AS (
    SELECT p.*, sum(p.pays) OVER (ORDER BY p.no)::bigint AS hi, least(
             sum(p.pays) FILTER (WHERE p.restriction_id IS NULL) OVER (),
             greatest(0, p_amount - coalesce(sum(p.pays) FILTER (WHERE p.restriction_id IS NOT NULL) OVER (), 0))) AS share,
           sum(p.pays) FILTER (WHERE p.restriction_id IS NULL) OVER () AS total
      FROM payable p),
  ranked AS (
    SELECT l.*, CASE WHEN p_rule = 2 AND l.restriction_id IS NULL THEN div(l.share * l.pays, l.total) END AS base,
           row_number() OVER (PARTITION BY l.restriction_id IS NULL
                              ORDER BY mod(l.share * l.pays, l.total) DESC, l.entry_id) AS rank
      FROM laid l)
  SELECT d.entry_id, d.expires_at, d.taken, d.drawn, d.funding_id, d.no::int FROM (
    SELECT r.*, CASE WHEN r.base IS NULL THEN least(r.pays, greatest(0, p_amount - (r.hi - r.pays)))
                     ELSE r.base + (r.rank <= r.share - sum(r.base) OVER ())::int END::bigint AS taken
      FROM ranked r) d
   WHERE d.taken > 0 ORDER BY d.no
$$;
