-- A reward that no feed brings, on sale at once. Grain: one row = the reward, none if the program has no shelf for it.
WITH shelf AS (
    SELECT id, artwork FROM category WHERE program_id = :program_id AND kind = :kind ORDER BY id LIMIT 1
), offered AS (
    INSERT INTO offer (supplier_id, supplier_sku, title, title_ru, cost_minor, currency, electronic, delivery_days, units,
                       row_hash)
    SELECT :supplier_id, :sku, :title_en, :title_ru, :cost_minor, :currency, true, 0, CAST(:units AS bigint),
           sha256(convert_to(:sku, 'UTF8')) FROM shelf
    ON CONFLICT (supplier_id, supplier_sku) DO UPDATE SET title = excluded.title, title_ru = excluded.title_ru,
        cost_minor = excluded.cost_minor, units = excluded.units, state = 'active', updated_at = now(),
        price_version = offer.price_version + (offer.cost_minor <> excluded.cost_minor)::int
    RETURNING id
)
INSERT INTO reward (program_id, offer_id, supplier_id, category_id, kind, electronic, delivery_days, title_en, title_ru,
                    description_en, description_ru, points, currency_id, artwork, rank, state)
SELECT :program_id, o.id, :supplier_id, s.id, :kind, true, 0, :title_en, :title_ru, '', '', :points, :currency_id,
       s.artwork, 0, 'on_sale'
  FROM offered o, shelf s
ON CONFLICT (program_id, offer_id) DO UPDATE SET title_en = excluded.title_en, title_ru = excluded.title_ru,
    points = excluded.points, state = 'on_sale', updated_at = now()
RETURNING id, offer_id
