-- Grain: one fit row of the run. A row whose hash is the stored one is not rewritten. Params: run_id, supplier_id.
INSERT INTO offer AS o (supplier_id, supplier_sku, title, title_ru, description, description_ru, brand, category,
                        cost_minor, currency, weight_g, electronic, delivery_days, gtin, picture_url, row_hash,
                        changed_run_id)
SELECT :supplier_id, sku, title, title_ru, description, description_ru, brand, category, cost_minor, currency, weight_g,
       electronic, delivery_days, gtin, picture_url, row_hash, run_id
  FROM feed_row
 WHERE run_id = :run_id
 ORDER BY sku
ON CONFLICT (supplier_id, supplier_sku) DO UPDATE
   SET title = excluded.title, title_ru = excluded.title_ru, description = excluded.description,
       description_ru = excluded.description_ru, brand = excluded.brand, category = excluded.category,
       cost_minor = excluded.cost_minor, currency = excluded.currency, weight_g = excluded.weight_g,
       electronic = excluded.electronic, delivery_days = excluded.delivery_days, gtin = excluded.gtin,
       picture_url = excluded.picture_url, row_hash = excluded.row_hash, changed_run_id = excluded.changed_run_id,
       price_version = o.price_version + (o.cost_minor <> excluded.cost_minor)::int, state = 'active', missing_runs = 0,
       updated_at = now()
 WHERE o.row_hash <> excluded.row_hash OR o.state <> 'active'
