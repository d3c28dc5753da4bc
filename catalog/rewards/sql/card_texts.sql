-- Grain: one card that speaks for an offer of the supplier which now says something else. Params: supplier_id.
UPDATE product p
   SET brand = o.brand, mpn = n.mpn, title_en = o.title, title_ru = coalesce(o.title_ru, o.title),
       description_en = coalesce(o.description, ''),
       description_ru = coalesce(o.description_ru, o.description, ''), attributes = n.attributes,
       updated_at = now()
  FROM supplier_offers o
  JOIN offer_numbers n ON n.offer_id = o.offer_id
 WHERE o.supplier_id = :supplier_id AND p.lead_offer_id = o.offer_id
   AND (p.brand, p.mpn, p.title_en, p.title_ru, p.description_en, p.description_ru, p.attributes)
       IS DISTINCT FROM (o.brand, n.mpn, o.title, coalesce(o.title_ru, o.title), coalesce(o.description, ''),
                         coalesce(o.description_ru, o.description, ''), n.attributes)
