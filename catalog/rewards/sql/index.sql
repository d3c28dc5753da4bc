-- Grain: one row in all: how many rewards were taken from the queue to be made findable. The stems are drawn only where
-- the texts have changed; the names' words go to the vocabulary that mistyped ones are compared with. The array is
-- drawn once; with IN, a plan may ask for the next rows again and again. Param: limit.
WITH taken AS (
    DELETE FROM reward_to_index
     WHERE reward_id = ANY (ARRAY(
               SELECT reward_id FROM reward_to_index ORDER BY reward_id LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING reward_id),
source AS MATERIALIZED (
    SELECT w.id, w.program_id, concat_ws(' ', w.title_en, nullif(w.title_ru, w.title_en)) AS title,
           concat_ws(' ', w.brand, p.mpn, nullif(regexp_replace(p.mpn, '[^0-9A-Za-zА-Яа-я]+', '', 'g'), p.mpn),
                     ltrim(coalesce(p.gtin, l.gtin), '0'), o.supplier_sku) AS names,
           concat_ws(' ', c.name_en, c.name_ru, w.description_en, nullif(w.description_ru, w.description_en)) AS body
      FROM taken t
      JOIN reward w ON w.id = t.reward_id
      JOIN category c ON c.id = w.category_id
      JOIN supplier_offers o ON o.offer_id = w.offer_id
      LEFT JOIN product p ON p.id = w.product_id
      LEFT JOIN product_offer l ON l.offer_id = w.offer_id),
hashed AS (
    SELECT s.*, hashtextextended(s.title || E'\n' || s.names || E'\n' || s.body, 0) AS source_hash FROM source s),
stemmed AS (
    INSERT INTO reward_words AS v (reward_id, source_hash, vector)
    SELECT h.id, h.source_hash, search_vector(h.title, h.names, h.body)
      FROM hashed h
      LEFT JOIN reward_words k ON k.reward_id = h.id
     WHERE k.source_hash IS DISTINCT FROM h.source_hash
    ON CONFLICT (reward_id) DO UPDATE SET source_hash = excluded.source_hash, vector = excluded.vector),
named AS (
    INSERT INTO search_word (program_id, word)
    SELECT DISTINCT s.program_id, n.word
      FROM source s
     CROSS JOIN LATERAL regexp_split_to_table(plain_words(s.title || ' ' || s.names), ' +') AS n (word)
     WHERE length(n.word) BETWEEN 3 AND 40
     ORDER BY s.program_id, n.word
    ON CONFLICT DO NOTHING)
SELECT count(*) AS taken FROM taken
