-- Grain: one rule of which some price has changed. Wanted are: the named rules on all rewards, and all rules on the
-- rewards that were based anew with this version. Params: program_id, version, rules.
WITH met AS (
    SELECT r.id AS rule_id, b.reward_id FROM price_rule r JOIN price_base b ON b.program_id = r.program_id
     WHERE r.program_id = :program_id AND r.id = ANY (CAST(:rules AS bigint[]))
     UNION ALL
    SELECT r.id, b.reward_id FROM price_base b JOIN price_rule r ON r.program_id = b.program_id
     WHERE b.program_id = :program_id AND b.version = :version AND r.id <> ALL (CAST(:rules AS bigint[]))),
wanted AS MATERIALIZED (
    SELECT r.id AS rule_id, b.reward_id,
           least(b.points, greatest(r.floor_points, CASE r.effect WHEN 'fixed' THEN r.value
               WHEN 'percent' THEN (b.points * (10000 - r.value) + 9999) / 10000
               ELSE (b.points * r.value + 9999) / 10000 END)) AS points
      FROM met
      JOIN price_rule r ON r.id = met.rule_id
      JOIN price_base b ON b.reward_id = met.reward_id
     WHERE r.state = 'active'
       AND CASE r.scope WHEN 'all' THEN true WHEN 'category' THEN r.scope_id = ANY (b.category_path)
                        WHEN 'supplier' THEN r.scope_id = b.supplier_id WHEN 'reward' THEN r.scope_id = b.reward_id
                        ELSE false END),
had AS (
    SELECT p.reward_id, p.rule_id FROM rule_price p WHERE p.rule_id = ANY (CAST(:rules AS bigint[]))
     UNION
    SELECT p.reward_id, p.rule_id FROM price_base b JOIN rule_price p ON p.reward_id = b.reward_id
     WHERE b.program_id = :program_id AND b.version = :version),
gone AS (
    DELETE FROM rule_price p USING had
     WHERE p.reward_id = had.reward_id AND p.rule_id = had.rule_id
       AND NOT EXISTS (SELECT FROM wanted w WHERE w.rule_id = p.rule_id AND w.reward_id = p.reward_id)
    RETURNING p.rule_id),
kept AS (
    INSERT INTO rule_price AS p (reward_id, rule_id, points)
    SELECT reward_id, rule_id, points FROM wanted
    ON CONFLICT (reward_id, rule_id) DO UPDATE SET points = excluded.points WHERE p.points <> excluded.points
    RETURNING p.rule_id)
SELECT rule_id, count(*) AS prices FROM (SELECT rule_id FROM gone UNION ALL SELECT rule_id FROM kept) AS x
 GROUP BY rule_id
