-- Grain: one offer of a snapshot. What was sold after the snapshot is taken off; on_hand never falls below what is
-- reserved, the shortfall is kept as oversold; an older snapshot changes nothing. The rows are locked before, so that
-- no sale slips in between. What is served from a pool of codes has its codes for stock. Params: snapshot_at and those of the source, which yields (offer_id, quantity).
INSERT INTO stock AS s (offer_id, on_hand, snapshot_at)
SELECT g.offer_id, CASE WHEN g.quantity IS NOT NULL THEN greatest(g.quantity - coalesce(sold.qty, 0), 0) END,
       :snapshot_at
  FROM ({source}) AS g
  LEFT JOIN LATERAL (SELECT sum(r.qty)::int AS qty FROM reservation r
                      WHERE r.offer_id = g.offer_id AND r.state = 'committed' AND r.closed_at > :snapshot_at) AS sold
         ON true
 WHERE NOT EXISTS (SELECT FROM code_pool p WHERE p.offer_id = g.offer_id)
 ORDER BY g.offer_id
ON CONFLICT (offer_id) DO UPDATE
   SET on_hand = CASE WHEN excluded.on_hand IS NOT NULL THEN greatest(excluded.on_hand, s.reserved) END,
       oversold_qty = CASE WHEN excluded.on_hand IS NULL THEN 0 ELSE greatest(s.reserved - excluded.on_hand, 0) END,
       snapshot_at = excluded.snapshot_at
 WHERE s.snapshot_at <= excluded.snapshot_at
RETURNING s.offer_id, s.oversold_qty
