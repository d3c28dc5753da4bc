-- Grain: one card of several offers, whose texts come from an offer that has left it or can no longer be ordered: from
-- now on they come from the oldest offer that can. Params: supplier_id.
UPDATE product p
   SET lead_offer_id = better.offer_id
  FROM (SELECT l.product_id, min(l.offer_id) AS offer_id
          FROM product_offer l
          JOIN supplier_offers o ON o.offer_id = l.offer_id AND o.orderable
         WHERE l.product_id IN (SELECT s.product_id FROM product_offer s
                                  JOIN offer_numbers n ON n.offer_id = s.offer_id
                                  JOIN product q ON q.id = s.product_id
                                 WHERE n.supplier_id = :supplier_id AND q.gtin IS NOT NULL)
         GROUP BY l.product_id) AS better
 WHERE p.id = better.product_id AND p.lead_offer_id <> better.offer_id
   AND NOT EXISTS (SELECT FROM product_offer l
                     JOIN supplier_offers o ON o.offer_id = l.offer_id AND o.orderable
                    WHERE l.product_id = p.id AND l.offer_id = p.lead_offer_id)
