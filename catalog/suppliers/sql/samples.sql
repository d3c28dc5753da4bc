-- Grain: one offer that a run would change, at most :keep of each kind, with what people compare before and after.
-- Params: run_id, supplier_id, feed_id, keep.
WITH touched AS (
    SELECT r.*, row_number() OVER (PARTITION BY r.jump IS NOT NULL, r.change ORDER BY r.line_no) AS nth
      FROM (SELECT line_no, sku, title, category, cost_minor, currency, weight_g, quantity, change, jump
              FROM feed_row WHERE run_id = :run_id AND (change IN ('new', 'changed') OR jump IS NOT NULL)) AS r),
gone AS (
    SELECT o.supplier_sku AS sku, o.title, o.category, o.cost_minor, o.currency, o.weight_g
      FROM offer o
      LEFT JOIN (SELECT DISTINCT sku FROM feed_row WHERE run_id = :run_id) AS r ON r.sku = o.supplier_sku
     WHERE o.supplier_id = :supplier_id AND o.feed_id = :feed_id AND o.state = 'active' AND r.sku IS NULL
     ORDER BY o.supplier_sku LIMIT :keep)
INSERT INTO feed_run_sample (run_id, kind, sku, before, after)
SELECT :run_id, CASE WHEN t.jump IS NULL THEN t.change ELSE 'jump' END, t.sku,
       CASE WHEN o.id IS NOT NULL THEN jsonb_build_object('title', o.title, 'category', o.category, 'cost_minor',
           o.cost_minor, 'currency', o.currency, 'weight_g', o.weight_g, 'state', o.state) END,
       jsonb_build_object('title', t.title, 'category', t.category, 'cost_minor', t.cost_minor, 'currency', t.currency,
           'weight_g', t.weight_g, 'quantity', t.quantity)
  FROM touched t
  LEFT JOIN offer o ON o.supplier_id = :supplier_id AND o.supplier_sku = t.sku
 WHERE t.nth <= :keep
UNION ALL
SELECT :run_id, 'missing', g.sku, jsonb_build_object('title', g.title, 'category', g.category, 'cost_minor',
           g.cost_minor, 'currency', g.currency, 'weight_g', g.weight_g), NULL
  FROM gone g
