-- Grain: one of the named rewards, with the lowest of what rules alone make of it, out of `rule_price`. `stale`: its
-- base has changed since that was computed. Params: program_id, rewards, rules in the order in which they decide
-- between equals.
SELECT s.reward_id, s.points, p.points, CASE WHEN p.rule_id IS NOT NULL THEN ARRAY[p.rule_id] END,
       b.points IS DISTINCT FROM s.points OR b.category_path IS DISTINCT FROM s.category_path AS stale
  FROM reward_prices s
  LEFT JOIN LATERAL (SELECT points, category_path FROM price_base WHERE reward_id = s.reward_id OFFSET 0) AS b ON true
  LEFT JOIN LATERAL (
       SELECT rp.points, rp.rule_id FROM rule_price rp
        WHERE rp.reward_id = s.reward_id AND rp.rule_id = ANY (%(rules)s::bigint[]) AND rp.points < s.points
        ORDER BY rp.points, array_position(%(rules)s::bigint[], rp.rule_id) LIMIT 1) AS p ON true
 WHERE s.reward_id = ANY (%(rewards)s::bigint[]) AND s.program_id = %(program_id)s
