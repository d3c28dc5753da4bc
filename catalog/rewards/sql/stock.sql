-- Grain: one offer of a snapshot, of which the stock is locked (so that no sale slips in between). An older snapshot
-- changes nothing. Params: those of stock_said.sql, offers.
UPDATE stock s
   SET on_hand = g.on_hand, oversold_qty = g.oversold_qty, snapshot_at = :snapshot_at
  FROM ({said}) AS g
 WHERE s.offer_id = g.offer_id AND s.offer_id = ANY(:offers) AND s.snapshot_at <= :snapshot_at
RETURNING s.offer_id, s.oversold_qty
