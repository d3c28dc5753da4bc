-- What was delivered of an order by carriers, and is not coming back already. Grain: one row = one line.
-- Pieces count as taken while a return is open or lost, afterwards only those that were accepted.
SELECT l.no AS line_no, l.consignment_id, c.supplier_id, l.qty, l.unit_cost_minor, d.delivered_at,
       l.points_paid AS points, l.cash_minor, l.qty - coalesce(t.taken, 0)::int AS left,
       coalesce(t.accepted, 0)::int AS accepted
  FROM order_line l
  JOIN consignment c ON c.id = l.consignment_id
  JOIN consignment_delivery d ON d.consignment_id = c.id
  LEFT JOIN LATERAL (
       SELECT sum(CASE WHEN r.state IN ('refused', 'expired', 'cancelled') THEN 0
                       WHEN r.state IN ('accepted', 'partly', 'rejected', 'refunded', 'closed') THEN i.accepted_qty
                       ELSE i.qty END) AS taken,
              sum(i.accepted_qty) AS accepted
         FROM rma_item i JOIN rma r ON r.id = i.rma_id
        WHERE i.order_id = l.order_id AND i.line_no = l.no) t ON true
 WHERE l.order_id = :order_id AND l.state = 'accepted' AND c.delivery_kind <> 'electronic'
 ORDER BY l.no
