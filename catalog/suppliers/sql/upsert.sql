-- Grain: one fit row that is new or differs; what is the same is not touched. A price that jumps is not taken: the last
-- valid one stays on sale. Params: run_id, supplier_id, feed_id.
INSERT INTO offer AS o (supplier_id, supplier_sku, feed_id, title, title_ru, description, description_ru, brand, mpn,
                        category, cost_minor, currency, weight_g, electronic, delivery_days, gtin, picture_url,
                        picture_urls, attributes, row_hash, changed_run_id)
SELECT :supplier_id, sku, :feed_id, title, title_ru, description, description_ru, brand, mpn, category,
       CASE WHEN jump IS NULL THEN cost_minor ELSE valid_minor END, currency, weight_g, electronic, delivery_days, gtin,
       picture_url, picture_urls, attributes, row_hash, run_id
  FROM feed_row
 WHERE run_id = :run_id AND change IN ('new', 'changed')
 ORDER BY sku
ON CONFLICT (supplier_id, supplier_sku) DO UPDATE
   SET feed_id = excluded.feed_id, title = excluded.title, title_ru = excluded.title_ru,
       description = excluded.description, description_ru = excluded.description_ru, brand = excluded.brand,
       mpn = excluded.mpn, category = excluded.category, cost_minor = excluded.cost_minor,
       currency = excluded.currency, weight_g = excluded.weight_g, electronic = excluded.electronic,
       delivery_days = excluded.delivery_days, gtin = excluded.gtin, picture_url = excluded.picture_url,
       picture_urls = excluded.picture_urls, attributes = excluded.attributes, row_hash = excluded.row_hash,
       changed_run_id = excluded.changed_run_id,
       price_version = o.price_version + (o.cost_minor <> excluded.cost_minor)::int, state = 'active', missing_runs = 0,
       updated_at = now()
