-- Grain: one row: the rewards on sale that a rule with these terms would be about, and their prices under it alone.
-- Params: program_id and the terms.
SELECT count(*) AS rewards, count(*) FILTER (WHERE points < base) AS cheaper,
       count(*) FILTER (WHERE points = :floor_points AND points < base) AS at_floor,
       coalesce(sum(base), 0)::bigint AS base_points, coalesce(sum(points), 0)::bigint AS points
  FROM (
    SELECT s.points AS base,
           least(s.points, greatest(:floor_points, CASE :effect WHEN 'fixed' THEN CAST(:value AS bigint)
               WHEN 'percent' THEN (s.points * (10000 - :value) + 9999) / 10000
               ELSE (s.points * :value + 9999) / 10000 END)) AS points
      FROM reward_prices s
     WHERE s.program_id = :program_id AND s.on_sale
       AND CASE :scope WHEN 'all' THEN true WHEN 'category' THEN CAST(:scope_id AS bigint) = ANY (s.category_path)
                       WHEN 'supplier' THEN :scope_id = s.supplier_id WHEN 'reward' THEN :scope_id = s.reward_id
                       ELSE false END) AS x
