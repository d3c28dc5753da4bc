-- Grain: one offer of which a snapshot says something new (with `every` also the same). Params: those of stock_said.sql,
-- every.
SELECT s.offer_id
  FROM stock s
  JOIN ({said}) AS g ON g.offer_id = s.offer_id
 WHERE s.snapshot_at <= :snapshot_at
   AND (:every OR (s.on_hand, s.oversold_qty) IS DISTINCT FROM (g.on_hand, g.oversold_qty))
 ORDER BY s.offer_id
