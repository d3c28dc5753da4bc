-- Parcels on their way of which nothing was heard for longer than their carriers' patience. Grain: one row = one parcel.
SELECT s.id
  FROM shipment s JOIN carrier c ON c.id = s.carrier_id
 WHERE s.status NOT IN ('delivered', 'returned', 'failed', 'lost', 'damaged', 'cancelled', 'expired')
   AND s.heard_at < now() - make_interval(days => c.quiet_days)
 ORDER BY s.heard_at LIMIT :limit
