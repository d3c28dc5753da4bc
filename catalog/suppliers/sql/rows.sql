-- Grain: one staged row: the codes it deserves, its values, and how it compares with the offer that we have. E = the row
-- cannot be used (E06: used, but not put on sale), W = used with a remark. Of a repeated id the last row is kept. The
-- OFFSETs keep the planner from working an expression out at every place where it is used. `jump`: the price differs
-- from the last valid one by more than the feed allows. Params: run_id, supplier_id, currency, jumps (whether they
-- matter), down, up (percent), floor (minor units or NULL).
INSERT INTO feed_row (run_id, line_no, sku, title, title_ru, description, description_ru, brand, mpn, category,
                      cost_minor, currency, weight_g, electronic, delivery_days, gtin, picture_url, picture_urls,
                      attributes, quantity, codes, fit, row_hash, change, valid_minor, jump)
SELECT h.run_id, h.line_no, h.sku, h.title, h.title_ru, h.description, h.description_ru, h.brand, h.mpn, h.category,
       h.cost_minor, h.currency, h.weight_g, h.electronic, h.delivery_days, h.gtin, h.picture_url, h.picture_urls,
       h.attributes, h.quantity, h.codes, h.fit, h.row_hash,
       CASE WHEN NOT h.fit THEN NULL WHEN h.known_hash IS NULL THEN 'new'
            WHEN h.known_hash <> h.row_hash OR h.dormant THEN 'changed' ELSE 'same' END,
       h.valid_minor,
       CASE WHEN NOT h.fit OR h.known_hash IS NULL OR NOT :jumps OR h.known_hash = h.row_hash THEN NULL
            WHEN h.cost_minor < CAST(:floor AS bigint) THEN 'floor'
            WHEN h.cost_minor * 100 < h.valid_minor * (100 - CAST(:down AS int)) THEN 'drop'
            WHEN h.cost_minor * 100 > h.valid_minor * (100 + CAST(:up AS int)) THEN 'rise' END
  FROM (
    SELECT v.*, NOT v.codes && ARRAY['E01', 'E02', 'E03', 'E04', 'E05', 'E07', 'E08', 'E09'] AS fit,
           sha256(convert_to(ROW(v.title, v.title_ru, v.description, v.description_ru, v.brand, v.mpn, v.category,
               v.cost_minor, v.currency, v.weight_g, v.electronic, v.delivery_days, v.gtin, v.picture_urls,
               v.attributes)::text, 'UTF8')) AS row_hash
      FROM (
        SELECT p.run_id, p.line_no, p.sku, left(p.title, 150) AS title, left(p.title_ru, 150) AS title_ru,
               left(p.description, 3000) AS description, left(p.description_ru, 3000) AS description_ru,
               left(p.brand, 100) AS brand, left(p.mpn, 100) AS mpn, p.category, p.cost_minor, p.coin AS currency,
               CASE WHEN p.weighed THEN round(replace(p.weight, ',', '.')::numeric * 1000)::int END AS weight_g,
               p.electronic, substring(p.delivery_days FROM '^[0-9]{1,2}')::smallint AS delivery_days, p.gtin,
               left(p.picture_url, 512) AS picture_url,
               coalesce(string_to_array(p.pictures, E'\n'), '{}') AS picture_urls,
               coalesce(p.attributes::jsonb, '{}') AS attributes,
               CASE WHEN NOT p.available THEN 0 WHEN p.counted THEN p.quantity::int END AS quantity,
               p.known_hash, p.valid_minor, p.dormant,
               array_remove(ARRAY[
                   CASE WHEN p.sku IS NULL THEN 'E01' END,
                   CASE WHEN p.line_no < p.last_line THEN 'E02' END,
                   CASE WHEN p.cost_minor > 0 IS NOT TRUE
                          OR p.known_hash IS NULL AND p.cost_minor < CAST(:floor AS bigint) THEN 'E03' END,
                   CASE WHEN p.coin IS DISTINCT FROM :currency THEN 'E04' END,
                   CASE WHEN p.title IS NULL THEN 'E05' END,
                   CASE WHEN NOT p.mapped THEN 'E06' END,
                   CASE WHEN p.quantity IS NOT NULL AND NOT p.counted THEN 'E07' END,
                   CASE WHEN NOT gtin_is_valid(p.gtin) THEN 'E08' END,
                   CASE WHEN greatest(length(p.title), length(p.title_ru)) > 150
                          OR greatest(length(p.description), length(p.description_ru)) > 3000 THEN 'W01' END,
                   CASE WHEN p.picture_url IS NULL THEN 'W02' END,
                   CASE WHEN NOT p.electronic AND NOT p.weighed THEN 'W03' END,
                   CASE WHEN p.cost_minor IS NOT NULL AND p.old_price ~ '^[0-9]{1,10}([.][0-9]{1,4}|,[0-9]{1,2})?$'
                        THEN CASE WHEN replace(p.old_price, ',', '.')::numeric * 100 <= p.cost_minor
                                  THEN 'W04' END END], NULL) || p.codes AS codes
          FROM (
            SELECT s.*, repeated.last_line, m.target IS NOT NULL AS mapped, o.row_hash AS known_hash,
                   o.cost_minor AS valid_minor, o.state <> 'active' OR o.feed_id IS NULL AS dormant,
                   CASE upper(s.currency) WHEN 'RUR' THEN 'RUB' ELSE upper(s.currency) END AS coin,
                   coalesce(s.weight ~ '^[0-9]{1,5}([.,][0-9]{1,6})?$', false) AS weighed,
                   coalesce(s.quantity ~ '^[0-9]{1,7}$', false) AS counted,
                   CASE WHEN s.price ~ '^[0-9]{1,10}([.][0-9]{1,4}|,[0-9]{1,2})?$'
                        THEN round(replace(s.price, ',', '.')::numeric * 100)::bigint END AS cost_minor
              FROM feed_stage s
              LEFT JOIN category_mapping m ON m.supplier_id = :supplier_id AND m.supplier_category = s.category
              LEFT JOIN offer o ON o.supplier_id = :supplier_id AND o.supplier_sku = s.sku
              LEFT JOIN (SELECT sku, max(line_no) AS last_line FROM feed_stage WHERE run_id = :run_id
                          GROUP BY sku HAVING count(*) > 1) AS repeated ON repeated.sku = s.sku
             WHERE s.run_id = :run_id
            OFFSET 0) AS p
        OFFSET 0) AS v
    OFFSET 0) AS h
