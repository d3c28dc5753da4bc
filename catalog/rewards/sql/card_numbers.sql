-- Grain: one number that offers of the supplier share with whoever else has it. The card of a known number stays; of two
-- suppliers that bring a new one at once the second waits for the first. Params: supplier_id.
INSERT INTO product (gtin, lead_offer_id, brand, mpn, title_en, title_ru, description_en, description_ru,
                     attributes)
SELECT DISTINCT ON (g.gtin) g.gtin, o.offer_id, o.brand, n.mpn, o.title, coalesce(o.title_ru, o.title),
       coalesce(o.description, ''), coalesce(o.description_ru, o.description, ''), n.attributes
  FROM offer_numbers n
  LEFT JOIN product_offer l ON l.offer_id = n.offer_id
 CROSS JOIN LATERAL (SELECT shared_gtin(n.gtin) AS gtin) AS g
  JOIN supplier_offers o ON o.offer_id = n.offer_id
 WHERE n.supplier_id = :supplier_id AND (l.offer_id IS NULL OR l.gtin IS DISTINCT FROM n.gtin) AND g.gtin IS NOT NULL
 ORDER BY g.gtin, o.offer_id
ON CONFLICT (gtin) DO NOTHING
