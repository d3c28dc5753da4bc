-- Grain: one active offer of the feed. Counts the runs in a row in which it was missing; with the third it is off sale,
-- or at once where a person has approved it. Offers are never removed: orders point to them. Params: run_id,
-- supplier_id, feed_id, approved.
UPDATE offer o
   SET missing_runs = CASE WHEN seen.present THEN 0 ELSE o.missing_runs + 1 END,
       state = CASE WHEN NOT seen.present AND (:approved OR o.missing_runs >= 2) THEN 'suspended' ELSE o.state END,
       updated_at = now()
  FROM (SELECT k.id, r.sku IS NOT NULL AS present
          FROM offer k
          LEFT JOIN (SELECT DISTINCT sku FROM feed_row WHERE run_id = :run_id) AS r ON r.sku = k.supplier_sku
         WHERE k.supplier_id = :supplier_id AND k.feed_id = :feed_id AND k.state = 'active') AS seen
 WHERE o.id = seen.id AND (NOT seen.present OR o.missing_runs > 0)
