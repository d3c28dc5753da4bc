-- Grain: one orderable offer of the supplier whose category is mapped. Its price in points = ceil(cost * (1 + margin) /
-- value of a point); a reward that already says the same is not rewritten. `rank` sorts by pieces sold, then mixes the
-- shelves. Params: supplier_id, currency_id, face_minor, artworks.
INSERT INTO reward AS w (program_id, offer_id, supplier_id, category_id, kind, electronic, delivery_days, title_en,
                         title_ru, description_en, description_ru, points, currency_id, artwork, rank)
SELECT o.program_id, o.offer_id, o.supplier_id, c.id, c.kind, o.electronic, o.delivery_days, o.title,
       coalesce(o.title_ru, o.title), coalesce(o.description, ''), coalesce(o.description_ru, o.description, ''),
       ceil(o.cost_minor::numeric * (10000 + o.margin_bp) / (10000 * :face_minor))::bigint, :currency_id,
       CASE WHEN p.stem = ANY(:artworks) THEN p.stem ELSE c.artwork END,
       coalesce(sold.qty, 0) * 4294967296 + (hashtext(o.supplier_sku)::bigint & 4294967295)
  FROM supplier_offers o
  JOIN category c ON c.program_id = o.program_id AND c.code = o.category_target
 CROSS JOIN LATERAL (SELECT substring(o.picture_url FROM '/([a-z]+)[.][a-z]+$') AS stem) AS p
  LEFT JOIN (SELECT offer_id, sum(qty) AS qty FROM reservation WHERE state = 'committed' GROUP BY offer_id) AS sold
         ON sold.offer_id = o.offer_id
 WHERE o.supplier_id = :supplier_id AND o.orderable
ON CONFLICT (program_id, offer_id) DO UPDATE
   SET category_id = excluded.category_id, kind = excluded.kind, electronic = excluded.electronic,
       delivery_days = excluded.delivery_days, title_en = excluded.title_en, title_ru = excluded.title_ru,
       description_en = excluded.description_en, description_ru = excluded.description_ru, points = excluded.points,
       currency_id = excluded.currency_id, artwork = excluded.artwork, rank = excluded.rank, state = 'on_sale',
       updated_at = now()
 WHERE (w.category_id, w.kind, w.electronic, w.delivery_days, w.title_en, w.title_ru, w.description_en,
        w.description_ru, w.points, w.currency_id, w.artwork, w.rank, w.state)
       IS DISTINCT FROM (excluded.category_id, excluded.kind, excluded.electronic, excluded.delivery_days,
        excluded.title_en, excluded.title_ru, excluded.description_en, excluded.description_ru, excluded.points,
        excluded.currency_id, excluded.artwork, excluded.rank, 'on_sale')
