-- Grain: one offer of a snapshot, locked before (see stock_lock.sql). An older snapshot changes nothing; what a feed says
-- again is not written again (its feed remembers when). Params: those of stock_said.sql, every.
UPDATE stock s
   SET on_hand = g.on_hand, oversold_qty = g.oversold_qty, snapshot_at = :snapshot_at
  FROM ({said}) AS g
 WHERE s.offer_id = g.offer_id AND s.snapshot_at <= :snapshot_at
   AND (:every OR (s.on_hand, s.oversold_qty) IS DISTINCT FROM (g.on_hand, g.oversold_qty))
RETURNING s.offer_id, s.oversold_qty
