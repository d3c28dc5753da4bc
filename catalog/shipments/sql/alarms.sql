-- Parcels that staff should look at and have not seen since they came to be so. Grain: one row = one parcel, with the
-- gravest of its reasons. A parcel that waits at a pick-up point counts from a day before its last moment.
SELECT a.kind, a.shipment_id, a.consignment_id, a.order_id, a.supplier_id, a.carrier, a.tracking_no, a.leg, a.status,
       a.incident, a.since, a.expected_on, a.pickup_until
  FROM (SELECT s.id AS shipment_id, s.consignment_id, n.order_id, n.supplier_id, c.code AS carrier, s.tracking_no,
               s.leg, s.status, s.incident, coalesce(s.status_at, s.registered_at) AS since, n.expected_on,
               p.pickup_until,
               CASE WHEN s.rma_id IS NOT NULL AND s.status IN ('returning', 'returned') THEN NULL
                    WHEN s.status IN ('lost', 'damaged', 'failed', 'cancelled', 'returning', 'returned') THEN 'incident'
                    WHEN s.action_required THEN 'action'
                    WHEN s.status = 'expired' THEN 'silent'
                    WHEN p.pickup_until < now() + interval '1 day' THEN 'pickup'
                    WHEN n.expected_on < (now() AT TIME ZONE g.zone)::date AND s.leg = 'outbound' THEN 'late'
                    WHEN coalesce(s.status_at, s.registered_at) < now() - make_interval(days => :stuck_days)
                         AND s.status <> 'available_for_pickup' THEN 'stuck' END AS kind
          FROM shipment s
          JOIN consignment n ON n.id = s.consignment_id
          JOIN customer_order o ON o.id = n.order_id
          JOIN program g ON g.id = o.program_id
          JOIN carrier c ON c.id = s.carrier_id
          LEFT JOIN LATERAL (SELECT t.pickup_until FROM tracking_event t
                WHERE t.shipment_id = s.id AND t.pickup_until IS NOT NULL
                ORDER BY t.occurred_at DESC, t.id DESC LIMIT 1) p ON s.status = 'available_for_pickup'
         WHERE o.program_id = :program_id AND s.id > :after AND s.status <> 'delivered'
           AND (n.state NOT IN ('delivered', 'closed') OR s.leg = 'return')
           AND s.seen_at IS NULL) a
 WHERE a.kind IS NOT NULL AND (CAST(:kind AS text) IS NULL OR a.kind = :kind)
 ORDER BY a.shipment_id LIMIT :limit
