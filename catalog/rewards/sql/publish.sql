-- Grain: one row in all: how many rewards of the program were put on sale, changed or hidden. An orderable offer of the
-- supplier is on sale if its category is one of the program's shelves and the program shows it there. Its texts are its
-- card's, over which stands what the program's staff say; its price in points = ceil(cost * (1 + margin) / value of a
-- point); a reward that already says the same is not rewritten. The narrowest margin counts, and what anything hides is
-- hidden. `rank` sorts by pieces sold, then mixes the shelves. Params: supplier_id, program_id, own, currency_id,
-- face_minor, cost_currency, artworks, only (offers, or NULL for all).
WITH shelf AS MATERIALIZED (
    SELECT c.id, c.code, c.kind, c.artwork, a.margin_bp
      FROM category c
     CROSS JOIN LATERAL (
           SELECT bool_and(shown) AS shown,
                  (array_agg(margin_bp ORDER BY (supplier_id IS NOT NULL)::int DESC,
                             array_position(c.path || c.id, category_id) DESC NULLS LAST)
                   FILTER (WHERE margin_bp IS NOT NULL))[1] AS margin_bp
             FROM assortment
            WHERE program_id = :program_id AND (supplier_id IS NULL OR supplier_id = :supplier_id)
              AND (category_id IS NULL OR category_id = ANY (c.path || c.id))) AS a
     WHERE c.program_id = :program_id AND coalesce(a.shown, true)
       AND (:own OR EXISTS (SELECT FROM assortment WHERE program_id = :program_id AND supplier_id = :supplier_id
                               AND category_id IS NULL AND shown))),
fitting AS MATERIALIZED (
    SELECT o.*, s.id AS category_id, s.kind, s.artwork, s.margin_bp AS chosen_bp, p.id AS product_id,
           p.offers > 1 OR EXISTS (SELECT FROM product_pin t WHERE t.product_id = p.id
                                      AND t.program_id = :program_id) AS shared,
           coalesce(e.brand, p.brand) AS card_brand, coalesce(e.title_en, p.title_en) AS card_en,
           coalesce(e.title_ru, p.title_ru) AS card_ru, coalesce(e.description_en, p.description_en) AS text_en,
           coalesce(e.description_ru, p.description_ru) AS text_ru
      FROM supplier_offers o
      JOIN product_offer l ON l.offer_id = o.offer_id
      LEFT JOIN product_pin pin ON pin.program_id = :program_id AND pin.offer_id = o.offer_id
      JOIN product p ON p.id = coalesce(pin.product_id, l.product_id)
      LEFT JOIN product_edit e ON e.program_id = :program_id AND e.product_id = p.id
      LEFT JOIN category moved ON moved.id = e.category_id
      JOIN shelf s ON s.code = coalesce(moved.code, o.category_target)
     WHERE o.supplier_id = :supplier_id AND o.orderable AND o.currency = :cost_currency
       AND NOT coalesce(e.hidden, false)
       AND (CAST(:only AS bigint[]) IS NULL OR o.offer_id = ANY (CAST(:only AS bigint[])))),
published AS (
    INSERT INTO reward AS w (program_id, offer_id, supplier_id, product_id, shared, category_id, kind, electronic,
                             delivery_days, brand, title_en, title_ru, description_en, description_ru, points,
                             currency_id, artwork, rank)
    SELECT :program_id, f.offer_id, f.supplier_id, f.product_id, f.shared, f.category_id, f.kind, f.electronic,
           f.delivery_days, f.card_brand, f.card_en, f.card_ru, f.text_en, f.text_ru,
           ceil(f.cost_minor::numeric * (10000 + coalesce(f.chosen_bp, f.margin_bp)) / (10000 * :face_minor))::bigint,
           :currency_id, CASE WHEN p.stem = ANY(:artworks) THEN p.stem ELSE f.artwork END,
           coalesce(sold.qty, 0) * 4294967296 + (hashtext(f.supplier_sku)::bigint & 4294967295)
      FROM fitting f
     CROSS JOIN LATERAL (SELECT substring(f.picture_url FROM '/([a-z]+)[.][a-z]+$') AS stem) AS p
      LEFT JOIN (SELECT offer_id, sum(qty) AS qty FROM reservation WHERE state = 'committed' GROUP BY offer_id) AS sold
             ON sold.offer_id = f.offer_id
    ON CONFLICT (program_id, offer_id) DO UPDATE
       SET product_id = excluded.product_id, shared = excluded.shared, category_id = excluded.category_id,
           kind = excluded.kind, electronic = excluded.electronic, delivery_days = excluded.delivery_days,
           brand = excluded.brand, title_en = excluded.title_en, title_ru = excluded.title_ru,
           description_en = excluded.description_en, description_ru = excluded.description_ru,
           points = excluded.points, currency_id = excluded.currency_id, artwork = excluded.artwork,
           rank = excluded.rank, state = 'on_sale', updated_at = now()
     WHERE (w.product_id, w.shared, w.category_id, w.kind, w.electronic, w.delivery_days, w.brand, w.title_en,
            w.title_ru, w.description_en, w.description_ru, w.points, w.currency_id, w.artwork, w.rank, w.state)
           IS DISTINCT FROM (excluded.product_id, excluded.shared, excluded.category_id, excluded.kind,
            excluded.electronic, excluded.delivery_days, excluded.brand, excluded.title_en, excluded.title_ru,
            excluded.description_en, excluded.description_ru, excluded.points, excluded.currency_id, excluded.artwork,
            excluded.rank, 'on_sale')
    RETURNING id),
queued AS (
    INSERT INTO reward_to_index (reward_id) SELECT id FROM published ON CONFLICT DO NOTHING),
hidden AS (
    UPDATE reward w SET state = 'hidden', updated_at = now()
     WHERE w.program_id = :program_id AND w.supplier_id = :supplier_id AND w.state = 'on_sale'
       AND (CAST(:only AS bigint[]) IS NULL OR w.offer_id = ANY (CAST(:only AS bigint[])))
       AND NOT EXISTS (SELECT FROM fitting f WHERE f.offer_id = w.offer_id)
    RETURNING id)
SELECT (SELECT count(*) FROM published) + (SELECT count(*) FROM hidden) AS changed
