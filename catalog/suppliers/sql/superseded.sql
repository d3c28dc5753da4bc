-- Grain: one open price of an offer for which this run says something else. Params: run_id, supplier_id.
UPDATE price_quarantine q
   SET state = 'superseded', closed_at = now()
  FROM offer o, feed_row r
 WHERE q.state = 'open' AND o.id = q.offer_id AND o.supplier_id = :supplier_id
   AND r.run_id = :run_id AND r.sku = o.supplier_sku AND r.change = 'changed'
