-- Grain: one code of one staged row, at most :keep rows of each code. Params: run_id, keep.
INSERT INTO feed_row_issue (run_id, line_no, code, severity, sku, field, value)
SELECT run_id, line_no, code, CASE WHEN code LIKE 'E%' THEN 'error' ELSE 'warning' END, sku, field, left(value, 200)
  FROM (
    SELECT s.run_id, s.line_no, s.sku, c.code, row_number() OVER (PARTITION BY c.code ORDER BY s.line_no) AS nth,
           CASE c.code WHEN 'E01' THEN 'id' WHEN 'E02' THEN 'id' WHEN 'E03' THEN 'price' WHEN 'E04' THEN 'currencyId'
               WHEN 'E05' THEN 'name' WHEN 'E06' THEN 'categoryId' WHEN 'E07' THEN 'count' WHEN 'E08' THEN 'barcode'
               WHEN 'W01' THEN 'name' WHEN 'W02' THEN 'picture' WHEN 'W03' THEN 'weight' WHEN 'W04' THEN 'oldprice'
               ELSE 'description' END AS field,
           CASE c.code WHEN 'E02' THEN s.sku WHEN 'E03' THEN s.price WHEN 'E04' THEN s.currency WHEN 'E06' THEN s.category
               WHEN 'E07' THEN s.quantity WHEN 'E08' THEN s.gtin WHEN 'W01' THEN s.title WHEN 'W03' THEN s.weight
               WHEN 'W04' THEN s.old_price WHEN 'W05' THEN s.description END AS value
      FROM feed_stage s
     CROSS JOIN LATERAL unnest(s.codes) AS c (code)
     WHERE s.run_id = :run_id) AS found
 WHERE nth <= :keep
