-- Grain: one value of one facet with its number of cards, and one row `total`. `missed` has a bit for every filter that a
-- reward fails: a facet counts what fails no filter but its own. What is alone on its card is counted in cells of equal
-- rewards; what shares its card is counted card by card. Params: those of the query, allowed (the bits that a reward may
-- miss), bands, most (values of a facet).
WITH hit AS MATERIALIZED (
    SELECT w.category_id, w.supplier_id, w.kind, w.electronic, width_bucket(w.points, CAST(:bands AS bigint[])) AS band,
           {in_stock} AS stocked, lower(w.brand) AS brand_key, w.brand, w.missed,
           CASE WHEN w.shared THEN w.product_id END AS card
      FROM (SELECT w.*, {missed} AS missed FROM reward w WHERE {always} OFFSET 0) AS w
     WHERE w.missed = ANY (:allowed)),
cell AS MATERIALIZED (
    SELECT category_id, supplier_id, kind, electronic, band, stocked, missed, card, count(*) AS n
      FROM hit
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
found AS (
    SELECT 'total' AS facet, '' AS value, NULL AS label_en, NULL AS label_ru, 0 AS place,
           coalesce(sum(n) FILTER (WHERE card IS NULL), 0) + count(DISTINCT card) AS cards
      FROM cell WHERE missed = 0
     UNION ALL
    SELECT 'category', top.code, top.name_en, top.name_ru, top.position,
           coalesce(sum(n) FILTER (WHERE card IS NULL), 0) + count(DISTINCT card)
      FROM cell
      JOIN category c ON c.id = cell.category_id
      JOIN category top ON top.id = c.id OR top.id = ANY (c.path)
     WHERE missed & ~1 = 0
     GROUP BY top.id
     UNION ALL
    SELECT 'supplier', s.code, min(s.name), min(s.name), 0,
           coalesce(sum(n) FILTER (WHERE card IS NULL), 0) + count(DISTINCT card)
      FROM cell
      JOIN supplier_names s ON s.supplier_id = cell.supplier_id
     WHERE missed & ~2 = 0
     GROUP BY s.code
     UNION ALL
    SELECT 'brand', max(brand), NULL, NULL, 0, count(*) FILTER (WHERE card IS NULL) + count(DISTINCT card)
      FROM hit
     WHERE missed & ~4 = 0 AND brand_key IS NOT NULL
     GROUP BY brand_key
     UNION ALL
    SELECT 'kind', kind, NULL, NULL, 0, coalesce(sum(n) FILTER (WHERE card IS NULL), 0) + count(DISTINCT card)
      FROM cell WHERE missed & ~8 = 0 GROUP BY kind
     UNION ALL
    SELECT 'delivery', CASE WHEN electronic THEN 'electronic' ELSE 'parcel' END, NULL, NULL, 0,
           coalesce(sum(n) FILTER (WHERE card IS NULL), 0) + count(DISTINCT card)
      FROM cell WHERE missed & ~16 = 0 GROUP BY electronic
     UNION ALL
    SELECT 'price', CAST((CAST(:bands AS bigint[]))[band] AS text), NULL, NULL, band,
           coalesce(sum(n) FILTER (WHERE card IS NULL), 0) + count(DISTINCT card)
      FROM cell WHERE missed & ~32 = 0 GROUP BY band
     UNION ALL
    SELECT 'stock', '1', NULL, NULL, 0, coalesce(sum(n) FILTER (WHERE card IS NULL), 0) + count(DISTINCT card)
      FROM cell WHERE missed & ~64 = 0 AND stocked HAVING count(*) > 0),
ranked AS (
    SELECT f.*, row_number() OVER (PARTITION BY facet ORDER BY place, cards DESC, value) AS nth FROM found f)
SELECT facet, value, label_en, label_ru, cards FROM ranked WHERE nth <= :most ORDER BY facet, nth
