-- Grain: one reward of a program with its offer and its stock; `available` NULL is "no limit".
SELECT w.id, w.program_id, w.offer_id, w.product_id, w.shared, w.supplier_id, o.supplier_code, o.supplier_name,
       o.legal_entity_id, o.supplier_sku, w.category_id, c.code AS category_code, w.kind, w.electronic, w.delivery_days,
       w.title_en, w.title_ru, w.description_en, w.description_ru, w.points, w.currency_id, w.artwork, w.rank, w.state,
       o.cost_minor, o.currency AS cost_currency, o.weight_g, w.brand,
       i.sha256 AS picture, i.width AS picture_width, i.height AS picture_height,
       CASE WHEN s.offer_id IS NULL THEN 0 ELSE s.on_hand - s.reserved END AS available, s.snapshot_at AS stock_at
  FROM reward w
  JOIN category c ON c.id = w.category_id
  JOIN supplier_offers o ON o.offer_id = w.offer_id
  LEFT JOIN product_image i ON i.product_id = w.product_id
  LEFT JOIN stock s ON s.offer_id = w.offer_id
 WHERE w.program_id = :program_id
