-- Grain: one row in all: what a run would do to the offers that its feed brings. Params: run_id, supplier_id, feed_id.
SELECT rows.*, kept.known, kept.missing AS rows_missing
  FROM (SELECT count(*) AS rows_read, count(*) FILTER (WHERE fit) AS rows_ok,
               count(*) FILTER (WHERE NOT fit) AS rows_quarantined,
               count(*) FILTER (WHERE change = 'new') AS rows_new,
               count(*) FILTER (WHERE change = 'changed') AS rows_changed,
               count(jump) AS rows_jumped,
               count(*) FILTER (WHERE sku IS NOT NULL AND NOT 'E02' = ANY(codes)) AS distinct_ids,
               coalesce(sum(quantity) FILTER (WHERE fit), 0) AS stock_total
          FROM feed_row WHERE run_id = :run_id) AS rows
 CROSS JOIN (
    SELECT count(*) AS known, count(*) FILTER (WHERE r.sku IS NULL) AS missing
      FROM offer o
      LEFT JOIN (SELECT DISTINCT sku FROM feed_row WHERE run_id = :run_id) AS r ON r.sku = o.supplier_sku
     WHERE o.supplier_id = :supplier_id AND o.feed_id = :feed_id AND o.state = 'active') AS kept
