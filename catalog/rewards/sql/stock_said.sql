-- Grain: one offer of a snapshot: what is on hand if it is believed (never below what is reserved; NULL is "no limit"),
-- and how many pieces too many we have sold. What was sold after the count is taken off, and so is what is kept back.
-- What is served from a pool of codes has its codes for stock, whatever is said.
-- Params: snapshot_at and those of the source, which yields (offer_id, quantity, safety_stock).
SELECT g.offer_id, s.offer_id IS NULL AS fresh,
       CASE WHEN g.quantity IS NOT NULL
            THEN greatest(g.quantity - coalesce(sold.qty, 0) - g.safety_stock, coalesce(s.reserved, 0), 0) END AS on_hand,
       greatest(coalesce(sold.qty, 0) + coalesce(s.reserved, 0) - coalesce(g.quantity, 2147483647), 0) AS oversold_qty
  FROM ({source}) AS g
  LEFT JOIN stock s ON s.offer_id = g.offer_id
  LEFT JOIN (SELECT r.offer_id, sum(r.qty)::int AS qty FROM reservation r
              WHERE r.state = 'committed' AND r.closed_at > :snapshot_at GROUP BY r.offer_id) AS sold
         ON sold.offer_id = g.offer_id
 WHERE NOT EXISTS (SELECT FROM code_pool p WHERE p.offer_id = g.offer_id)
