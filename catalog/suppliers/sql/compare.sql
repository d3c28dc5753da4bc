-- Grain: one row in all: what a run would do to its supplier's offers. Params: run_id, supplier_id.
SELECT rows.rows_read, fit.rows_ok, rows.rows_read - fit.rows_ok AS rows_quarantined, fit.rows_new, fit.rows_changed,
       kept.known, kept.known - kept.present AS rows_missing, rows.distinct_ids
  FROM (SELECT count(*) AS rows_read, count(DISTINCT sku) AS distinct_ids
          FROM feed_stage WHERE run_id = :run_id) AS rows
 CROSS JOIN (
    SELECT count(*) AS rows_ok, count(*) FILTER (WHERE o.id IS NULL) AS rows_new,
           count(*) FILTER (WHERE o.row_hash <> r.row_hash OR o.state <> 'active') AS rows_changed
      FROM feed_row r
      LEFT JOIN offer o ON o.supplier_id = :supplier_id AND o.supplier_sku = r.sku
     WHERE r.run_id = :run_id) AS fit
 CROSS JOIN (
    SELECT count(*) AS known,
           count(*) FILTER (WHERE EXISTS (SELECT FROM feed_stage s
                                           WHERE s.run_id = :run_id AND s.sku = o.supplier_sku)) AS present
      FROM offer o
     WHERE o.supplier_id = :supplier_id AND o.state = 'active') AS kept
