-- Grain: one reward that a rule with these terms makes cheaper, those that lose most first. Params: program_id, most,
-- and the terms.
SELECT reward_id, base, points
  FROM (
    SELECT s.reward_id, s.points AS base,
           least(s.points, greatest(:floor_points, CASE :effect WHEN 'fixed' THEN CAST(:value AS bigint)
               WHEN 'percent' THEN (s.points * (10000 - :value) + 9999) / 10000
               ELSE (s.points * :value + 9999) / 10000 END)) AS points
      FROM reward_prices s
     WHERE s.program_id = :program_id AND s.on_sale
       AND CASE :scope WHEN 'all' THEN true WHEN 'category' THEN CAST(:scope_id AS bigint) = ANY (s.category_path)
                       WHEN 'supplier' THEN :scope_id = s.supplier_id WHEN 'reward' THEN :scope_id = s.reward_id
                       ELSE false END) AS x
 WHERE points < base
 ORDER BY base - points DESC, reward_id
 LIMIT :most
