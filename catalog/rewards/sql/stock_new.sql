-- Grain: one offer that was never counted before. Params: those of stock_said.sql.
INSERT INTO stock (offer_id, on_hand, oversold_qty, snapshot_at)
SELECT g.offer_id, g.on_hand, g.oversold_qty, :snapshot_at
  FROM ({said}) AS g
 WHERE g.fresh
 ORDER BY g.offer_id
ON CONFLICT (offer_id) DO NOTHING
