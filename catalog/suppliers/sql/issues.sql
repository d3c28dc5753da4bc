-- Grain: one code of one row, at most :keep rows of each code. Params: run_id, keep.
INSERT INTO feed_row_issue (run_id, line_no, code, severity, sku, field, value)
SELECT found.run_id, found.line_no, found.code, CASE WHEN found.code LIKE 'E%' THEN 'error' ELSE 'warning' END, s.sku,
       CASE found.code WHEN 'E01' THEN 'id' WHEN 'E02' THEN 'id' WHEN 'E03' THEN 'price' WHEN 'E04' THEN 'currencyId'
           WHEN 'E05' THEN 'name' WHEN 'E06' THEN 'categoryId' WHEN 'E07' THEN 'count' WHEN 'E08' THEN 'barcode'
           WHEN 'E09' THEN 'row' WHEN 'W01' THEN 'name' WHEN 'W02' THEN 'picture' WHEN 'W03' THEN 'weight'
           WHEN 'W04' THEN 'oldprice' WHEN 'W06' THEN 'id' ELSE 'description' END,
       left(CASE found.code WHEN 'E02' THEN s.sku WHEN 'W06' THEN s.sku WHEN 'E03' THEN s.price WHEN 'E04' THEN s.currency
           WHEN 'E06' THEN s.category WHEN 'E07' THEN s.quantity WHEN 'E08' THEN s.gtin WHEN 'E09' THEN s.title
           WHEN 'W01' THEN s.title WHEN 'W03' THEN s.weight WHEN 'W04' THEN s.old_price
           WHEN 'W05' THEN s.description END, 200)
  FROM (SELECT r.run_id, r.line_no, c.code, row_number() OVER (PARTITION BY c.code ORDER BY r.line_no) AS nth
          FROM feed_row r
         CROSS JOIN LATERAL unnest(r.codes) AS c (code)
         WHERE r.run_id = :run_id) AS found
  JOIN feed_stage s ON s.run_id = :run_id AND s.line_no = found.line_no
 WHERE found.nth <= :keep
