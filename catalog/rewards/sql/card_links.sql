-- Grain: one offer of the supplier that is new or has another number than when it was put to its card. A card counts its
-- offers under its row's lock, so that of two suppliers at once the second sees the first. Params: supplier_id.
WITH moved AS MATERIALIZED (
    SELECT n.offer_id, n.gtin, coalesce(shared.id, own.id) AS product_id, l.product_id AS left_id
      FROM offer_numbers n
      LEFT JOIN product_offer l ON l.offer_id = n.offer_id
      LEFT JOIN product shared ON shared.gtin = shared_gtin(n.gtin)
      LEFT JOIN product own ON own.lead_offer_id = n.offer_id AND own.gtin IS NULL
     WHERE n.supplier_id = :supplier_id AND (l.offer_id IS NULL OR l.gtin IS DISTINCT FROM n.gtin)),
linked AS (
    INSERT INTO product_offer AS l (offer_id, product_id, gtin)
    SELECT offer_id, product_id, gtin FROM moved
    ON CONFLICT (offer_id) DO UPDATE SET product_id = excluded.product_id, gtin = excluded.gtin),
counted AS MATERIALIZED (
    SELECT product_id, sum(change) AS change
      FROM (SELECT product_id, 1 AS change FROM moved
             UNION ALL
            SELECT left_id, -1 FROM moved WHERE left_id IS NOT NULL) AS c
     GROUP BY product_id HAVING sum(change) <> 0
     ORDER BY product_id)
UPDATE product p SET offers = p.offers + c.change FROM counted c WHERE p.id = c.product_id
