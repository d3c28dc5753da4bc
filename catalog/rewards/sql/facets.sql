-- Grain: one value of one facet with its number of cards, and one row `total`. `hit` fits all filters; the facet of a
-- chosen filter is counted over what fits the others ({counts}). What is alone on its card is counted in cells of equal
-- rewards; what shares its card (`twin`) is counted card by card. Params: those of the query, bands, most (values of a
-- facet).
WITH hit AS MATERIALIZED (
    SELECT {columns}, w.shared FROM reward w WHERE {all}),
cell AS MATERIALIZED (
    SELECT category_id, supplier_id, kind, electronic, band, stocked, count(*) AS n
      FROM hit WHERE NOT shared
     GROUP BY 1, 2, 3, 4, 5, 6),
alone AS (SELECT h.*, 1 AS n FROM hit h WHERE NOT shared),
twin AS MATERIALIZED (SELECT * FROM hit WHERE shared),
counted AS (
    SELECT 'total' AS facet, '' AS value, CAST(sum(n) AS bigint) AS n FROM cell
     UNION ALL
    SELECT 'total', '', count(DISTINCT card) FROM twin
     UNION ALL
    {counts}),
found AS (
    SELECT facet, CASE WHEN facet = 'brand' THEN max(value) ELSE min(value) END AS value, CAST(sum(n) AS bigint) AS cards
      FROM counted
     GROUP BY facet, CASE WHEN facet = 'brand' THEN lower(value) ELSE value END
    HAVING sum(n) > 0 OR facet = 'total'),
named AS (
    SELECT f.facet, f.cards, coalesce(c.code, s.code, CASE WHEN f.facet = 'price'
               THEN CAST((CAST(:bands AS bigint[]))[CAST(f.value AS int)] AS text) ELSE f.value END) AS value,
           coalesce(c.name_en, s.name) AS label_en, coalesce(c.name_ru, s.name) AS label_ru,
           coalesce(c.position, CASE WHEN f.facet = 'price' THEN CAST(f.value AS int) ELSE 0 END) AS place
      FROM found f
      LEFT JOIN category c ON f.facet = 'category' AND CAST(c.id AS text) = f.value
      LEFT JOIN supplier_names s ON f.facet = 'supplier' AND CAST(s.supplier_id AS text) = f.value),
ranked AS (SELECT n.*, row_number() OVER (PARTITION BY facet ORDER BY place, cards DESC, value) AS nth FROM named n)
SELECT facet, value, label_en, label_ru, cards FROM ranked WHERE nth <= :most ORDER BY facet, nth
