-- Grain: one of a supplier's categories that is mapped to none of ours, with up to three of ours that are like it: by
-- the words of its own name and of its path against our names in both languages, or because its neighbours under the
-- same parent are mapped there. `likeness` is from 0 to 100. Params: supplier_id, program_id, limit.
WITH unmapped AS (
    SELECT o.category, count(*) AS offers
      FROM supplier_offers o
     WHERE o.supplier_id = :supplier_id AND o.category IS NOT NULL AND o.category_target IS NULL
     GROUP BY o.category
     ORDER BY count(*) DESC, o.category
     LIMIT :limit)
SELECT u.category, u.offers, s.code, s.name_en, s.name_ru, s.likeness
  FROM unmapped u
  LEFT JOIN LATERAL (
    SELECT c.code, c.name_en, c.name_ru,
           round(100 * greatest(
               similarity(names.own, c.name_en), similarity(names.own, c.name_ru),
               0.9 * word_similarity(c.name_en, u.category), 0.9 * word_similarity(c.name_ru, u.category),
               CASE WHEN names.parent <> '' AND EXISTS (SELECT FROM category_mappings m
                     WHERE m.supplier_id = :supplier_id AND m.target = c.code
                       AND starts_with(m.supplier_category, names.parent)) THEN 0.8 ELSE 0 END))::int AS likeness
      FROM category c
     CROSS JOIN (SELECT regexp_replace(u.category, '^.*/', '') AS own,
                        coalesce(substring(u.category FROM '^(.*/)'), '') AS parent) AS names
     WHERE c.program_id = :program_id
     ORDER BY likeness DESC, c.code
     LIMIT 3) AS s ON s.likeness >= 30
 ORDER BY u.offers DESC, u.category, s.likeness DESC, s.code
