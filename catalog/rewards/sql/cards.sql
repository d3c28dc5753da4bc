-- Grain: one product card under which the program has a reward, on sale or not, the newest first. Params: program_id, q
-- (a pattern, or NULL), gtin, before (product id), product_id (one card, or NULL), limit.
SELECT p.id AS product_id, p.gtin, p.mpn, c.code AS category_code, coalesce(e.title_en, p.title_en) AS title_en,
       coalesce(e.title_ru, p.title_ru) AS title_ru, coalesce(e.description_en, p.description_en) AS description_en,
       coalesce(e.description_ru, p.description_ru) AS description_ru, coalesce(e.brand, p.brand) AS brand,
       e.title_en IS NOT NULL AS own_title_en, e.title_ru IS NOT NULL AS own_title_ru,
       e.description_en IS NOT NULL AS own_description_en, e.description_ru IS NOT NULL AS own_description_ru,
       e.brand IS NOT NULL AS own_brand, (SELECT k.code FROM category k WHERE k.id = e.category_id) AS own_category,
       coalesce(e.hidden, false) AS hidden, w.offers, w.on_sale, w.points
  FROM product p
  LEFT JOIN product_edit e ON e.product_id = p.id AND e.program_id = :program_id
 CROSS JOIN LATERAL (
       SELECT count(*) AS offers, count(*) FILTER (WHERE state = 'on_sale') AS on_sale,
              min(points) FILTER (WHERE state = 'on_sale') AS points, min(category_id) AS category_id,
              bool_or(o.supplier_sku ILIKE :q) AS named
         FROM reward r
         JOIN supplier_offers o ON o.offer_id = r.offer_id
        WHERE r.product_id = p.id AND r.program_id = :program_id) AS w
  LEFT JOIN category c ON c.id = w.category_id
 WHERE w.offers > 0 AND p.id < :before AND (CAST(:product_id AS bigint) IS NULL OR p.id = :product_id)
   AND (CAST(:q AS text) IS NULL OR w.named OR p.gtin = :gtin
        OR lower(concat_ws(' ', e.title_en, p.title_en, e.title_ru, p.title_ru, e.brand, p.brand, p.mpn)) LIKE :q)
 ORDER BY p.id DESC
 LIMIT :limit
