-- Grain: one active rule about the reward that is in force, is to come, or ended within thirty days; with whether the
-- member has it by segment or grant. Params: program_id, member_id (NULL: nobody), reward_id.
WITH segments AS (
    SELECT 'everyone' AS segment
     UNION ALL
    SELECT segment FROM member_segments WHERE member_id = CAST(:member_id AS bigint)
     UNION ALL
    SELECT 'list:' || l.code FROM price_segment_member m JOIN price_segment l ON l.id = m.segment_id
     WHERE m.member_id = CAST(:member_id AS bigint) AND l.program_id = :program_id)
SELECT r.id, r.code, r.version, r.name_en, r.name_ru, r.effect, r.value, r.floor_points, r.segment, r.valid_from,
       r.valid_to, g.value AS own_value, g.valid_to AS grant_to, g.uses,
       coalesce(r.segment = ANY (ARRAY(SELECT segment FROM segments)), g.member_id IS NOT NULL) AS had,
       r.valid_from <= now() AS begun, coalesce(r.valid_to <= now(), false) AS over,
       coalesce(g.valid_to <= now(), false) AS grant_over,
       coalesce(r.points_spent >= r.points_budget, false) OR coalesce(r.uses_spent >= r.uses_budget, false) AS spent
  FROM reward_prices s
  JOIN price_rule r ON r.program_id = s.program_id AND CASE r.scope
       WHEN 'all' THEN true WHEN 'category' THEN r.scope_id = ANY (s.category_path)
       WHEN 'supplier' THEN r.scope_id = s.supplier_id WHEN 'reward' THEN r.scope_id = s.reward_id ELSE false END
  LEFT JOIN price_grant g ON g.rule_id = r.id AND g.member_id = CAST(:member_id AS bigint)
 WHERE s.reward_id = :reward_id AND s.program_id = :program_id AND r.state = 'active'
   AND (r.valid_to IS NULL OR r.valid_to > now() - interval '30 days')
 ORDER BY r.priority, r.id
 LIMIT 200
