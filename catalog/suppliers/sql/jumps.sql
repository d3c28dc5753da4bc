-- Grain: one offer of which the price jumps in this run. What was open for an offer that the run changes is superseded
-- before (see superseded.sql). Params: run_id, supplier_id.
INSERT INTO price_quarantine (offer_id, run_id, last_valid_minor, current_minor, currency, reason)
SELECT o.id, r.run_id, r.valid_minor, r.cost_minor, r.currency, r.jump
  FROM feed_row r
  JOIN offer o ON o.supplier_id = :supplier_id AND o.supplier_sku = r.sku
 WHERE r.run_id = :run_id AND r.jump IS NOT NULL
