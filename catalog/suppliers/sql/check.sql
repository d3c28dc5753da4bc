-- Grain: one staged row. Names every code that the row deserves: E = the row cannot be used (E06: used, but not put on
-- sale), W = used with a remark. Of a repeated id the last row is kept. Params: run_id, supplier_id, currency.
WITH ranked AS (
    SELECT ctid AS at, row_number() OVER (PARTITION BY sku ORDER BY line_no DESC) AS nth
      FROM feed_stage
     WHERE run_id = :run_id)
UPDATE feed_stage s
   SET codes = array_remove(ARRAY[
       CASE WHEN s.sku IS NULL THEN 'E01' END,
       CASE WHEN s.sku IS NOT NULL AND r.nth > 1 THEN 'E02' END,
       CASE WHEN CASE WHEN s.price ~ '^[0-9]{1,10}([.,][0-9]{1,4})?$'
                      THEN round(replace(s.price, ',', '.')::numeric * 100) <= 0 ELSE true END THEN 'E03' END,
       CASE WHEN coalesce(s.currency, '') <> :currency THEN 'E04' END,
       CASE WHEN s.title IS NULL THEN 'E05' END,
       CASE WHEN NOT EXISTS (SELECT FROM category_mapping m WHERE m.supplier_id = :supplier_id
                                AND m.supplier_category = s.category) THEN 'E06' END,
       CASE WHEN s.quantity !~ '^[0-9]{1,7}$' THEN 'E07' END,
       CASE WHEN NOT gtin_is_valid(s.gtin) THEN 'E08' END,
       CASE WHEN greatest(length(s.title), length(s.title_ru)) > 150
                 OR greatest(length(s.description), length(s.description_ru)) > 3000 THEN 'W01' END,
       CASE WHEN s.picture_url IS NULL THEN 'W02' END,
       CASE WHEN NOT s.electronic AND coalesce(s.weight, '') !~ '^[0-9]{1,5}([.,][0-9]{1,6})?$' THEN 'W03' END,
       CASE WHEN s.price ~ '^[0-9]{1,10}([.,][0-9]{1,4})?$' AND s.old_price ~ '^[0-9]{1,10}([.,][0-9]{1,4})?$'
            THEN CASE WHEN replace(s.old_price, ',', '.')::numeric <= replace(s.price, ',', '.')::numeric
                      THEN 'W04' END END,
       CASE WHEN s.description ~* '<(?!/?(p|br|ul|ol|li|b|i|strong|em)\M)[a-z/!]' THEN 'W05' END], NULL)
  FROM ranked r
 WHERE s.ctid = r.at
