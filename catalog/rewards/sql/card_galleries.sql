-- Grain: one card that speaks for an offer of the supplier with other further pictures than the card knows: all that the
-- offer names but the one that the card shows first. Addresses that nobody has wanted before are wanted, after all first
-- pictures of the same run. Params: supplier_id.
WITH told AS MATERIALIZED (
    SELECT p.id AS product_id, named.urls
      FROM supplier_offers o
      JOIN product p ON p.lead_offer_id = o.offer_id
      LEFT JOIN product_gallery g ON g.product_id = p.id
     CROSS JOIN LATERAL (SELECT (array_remove(o.picture_urls, o.picture_url))[1\:9] AS urls) AS named
     WHERE o.supplier_id = :supplier_id AND coalesce(g.urls, '{}') <> named.urls),
wanted AS (
    INSERT INTO picture (url_hash, url, due_at)
    SELECT DISTINCT ON (url_hash) url_hash, url, now() + interval '1 second'
      FROM told CROSS JOIN LATERAL unnest(urls) AS u (url)
     CROSS JOIN LATERAL (SELECT sha256(convert_to(url, 'UTF8')) AS url_hash) AS h
     WHERE url ~* '^https?://' AND length(url) <= 512
     ORDER BY url_hash
    ON CONFLICT (url_hash) DO NOTHING)
INSERT INTO product_gallery AS g (product_id, urls)
SELECT product_id, urls FROM told ORDER BY product_id
ON CONFLICT (product_id) DO UPDATE SET urls = excluded.urls
