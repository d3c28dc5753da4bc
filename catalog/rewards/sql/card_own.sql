-- Grain: one offer that gets a card of its own, whatever its number. Param: offer_id.
INSERT INTO product (lead_offer_id, brand, mpn, title_en, title_ru, description_en, description_ru,
                     attributes)
SELECT o.offer_id, o.brand, n.mpn, o.title, coalesce(o.title_ru, o.title), coalesce(o.description, ''),
       coalesce(o.description_ru, o.description, ''), n.attributes
  FROM supplier_offers o
  JOIN offer_numbers n ON n.offer_id = o.offer_id
 WHERE o.offer_id = :offer_id
ON CONFLICT (lead_offer_id) WHERE gtin IS NULL DO NOTHING
