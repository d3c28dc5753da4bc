-- Grain: one offer of the supplier without a number that others could share: a card of its own. Params: supplier_id.
INSERT INTO product (lead_offer_id, brand, mpn, title_en, title_ru, description_en, description_ru,
                     attributes)
SELECT o.offer_id, o.brand, n.mpn, o.title, coalesce(o.title_ru, o.title), coalesce(o.description, ''),
       coalesce(o.description_ru, o.description, ''), n.attributes
  FROM offer_numbers n
  LEFT JOIN product_offer l ON l.offer_id = n.offer_id
  JOIN supplier_offers o ON o.offer_id = n.offer_id
 WHERE n.supplier_id = :supplier_id AND (l.offer_id IS NULL OR l.gtin IS DISTINCT FROM n.gtin)
   AND shared_gtin(n.gtin) IS NULL
 ORDER BY o.offer_id
ON CONFLICT (lead_offer_id) WHERE gtin IS NULL DO NOTHING
