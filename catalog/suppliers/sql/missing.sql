-- Grain: one active offer. Counts the runs in a row in which it was missing; after the third it is off sale. Offers are
-- never removed: orders point to them. Params: run_id, supplier_id.
UPDATE offer o
   SET missing_runs = CASE WHEN seen.present THEN 0 ELSE o.missing_runs + 1 END,
       state = CASE WHEN NOT seen.present AND o.missing_runs >= 2 THEN 'suspended' ELSE o.state END,
       updated_at = now()
  FROM (SELECT k.id, EXISTS (SELECT FROM feed_stage s WHERE s.run_id = :run_id AND s.sku = k.supplier_sku) AS present
          FROM offer k
         WHERE k.supplier_id = :supplier_id AND k.state = 'active') AS seen
 WHERE o.id = seen.id AND (NOT seen.present OR o.missing_runs > 0)
