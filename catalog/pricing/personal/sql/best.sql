-- Grain: one of the named rewards, with the lowest price that the rules `r` make of it, alone or together, from the
-- rules themselves: the exact sentence of `applying.py`. What makes `r` is put in.
-- Params: program_id, rewards, and those of the rules.
WITH r AS MATERIALIZED ({rules}),
s AS MATERIALIZED (
    SELECT reward_id, points AS base, category_path, supplier_id FROM reward_prices
     WHERE reward_id = ANY (%(rewards)s::bigint[]) AND program_id = %(program_id)s),
m AS MATERIALIZED (
    SELECT s.reward_id, s.base, r.*
      FROM s
      JOIN r ON CASE r.scope WHEN 'all' THEN true
                             WHEN 'category' THEN r.scope_id = ANY (s.category_path)
                             WHEN 'supplier' THEN r.scope_id = s.supplier_id
                             WHEN 'reward' THEN r.scope_id = s.reward_id ELSE false END),
c AS (
    SELECT reward_id, base, priority, ARRAY[rule_id] AS rules,
           greatest(floor, coalesce(fixed, (base * factor + 9999) / 10000)) AS points
      FROM m
     UNION ALL
    SELECT reward_id, base, priority, array_agg(rule_id ORDER BY rule_id),
           greatest(max(floor), div(base * price_product(factor) + price_product(10000) - 1,
                                    price_product(10000))::bigint)
      FROM m WHERE stackable
     GROUP BY reward_id, base, priority HAVING count(*) > 1),
lowest AS (
    SELECT DISTINCT ON (reward_id) reward_id, points, rules FROM c
     WHERE points < base
     ORDER BY reward_id, points, priority, cardinality(rules), rules)
SELECT s.reward_id, s.base, l.points, l.rules, NULL
  FROM s
  LEFT JOIN lowest l USING (reward_id)
{told}
