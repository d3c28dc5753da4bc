-- Grain: one card that speaks for an offer of the supplier with a picture. A new address is wanted; what the card shows
-- stays until it has come, or is taken over at once if another card had the same. Params: supplier_id.
WITH told AS MATERIALIZED (
    SELECT p.id AS product_id, o.picture_url AS url, sha256(convert_to(o.picture_url, 'UTF8')) AS url_hash
      FROM supplier_offers o
      JOIN product p ON p.lead_offer_id = o.offer_id
      LEFT JOIN product_image i ON i.product_id = p.id
     WHERE o.supplier_id = :supplier_id AND o.picture_url ~* '^https?://'
       AND i.wanted IS DISTINCT FROM sha256(convert_to(o.picture_url, 'UTF8'))),
wanted AS (
    INSERT INTO picture (url_hash, url) SELECT DISTINCT ON (url_hash) url_hash, url FROM told ORDER BY url_hash
    ON CONFLICT (url_hash) DO NOTHING)
INSERT INTO product_image AS i (product_id, wanted, sha256, width, height)
SELECT t.product_id, t.url_hash, k.sha256, k.width, k.height
  FROM told t
  LEFT JOIN picture k ON k.url_hash = t.url_hash AND k.state = 'stored'
 ORDER BY t.product_id
ON CONFLICT (product_id) DO UPDATE
   SET wanted = excluded.wanted, sha256 = coalesce(excluded.sha256, i.sha256),
       width = CASE WHEN excluded.sha256 IS NULL THEN i.width ELSE excluded.width END,
       height = CASE WHEN excluded.sha256 IS NULL THEN i.height ELSE excluded.height END
