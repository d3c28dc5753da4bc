-- Grain: one rule that the member has at this moment: by a segment it is in, or by a grant with uses left. Rules whose
-- budget is used up are left out. Params: program_id, member_id (NULL: somebody we do not know).
WITH segments AS (
    SELECT 'everyone' AS segment
     UNION ALL
    SELECT segment FROM member_segments WHERE member_id = %(member_id)s
     UNION ALL
    SELECT 'list:' || l.code FROM price_segment_member m JOIN price_segment l ON l.id = m.segment_id
     WHERE m.member_id = %(member_id)s AND l.program_id = %(program_id)s),
mine AS (
    SELECT r.*, NULL::bigint AS own_value, NULL::bigint AS own_left, false AS granted
      FROM price_rule r
     WHERE r.program_id = %(program_id)s AND r.segment = ANY (ARRAY(SELECT segment FROM segments))
     UNION ALL
    SELECT r.*, g.value, (g.uses - g.used)::bigint, true
      FROM price_grant g
      JOIN price_rule r ON r.id = g.rule_id
     WHERE g.member_id = %(member_id)s AND g.valid_to > now() AND (g.uses IS NULL OR g.used < g.uses)
       AND r.program_id = %(program_id)s AND r.segment IS NULL)
SELECT id AS rule_id, version, name_en, name_ru, scope, scope_id,
       CASE effect WHEN 'percent' THEN greatest(10000 - coalesce(own_value, value), 0)
                   WHEN 'multiplier' THEN least(coalesce(own_value, value), 10000) END AS factor,
       CASE effect WHEN 'fixed' THEN coalesce(own_value, value) END AS fixed,
       floor_points AS floor, priority, stackable, granted, own_value IS NOT NULL AS overridden,
       least(uses_budget - uses_spent, own_left) AS pieces_left, points_budget - points_spent AS points_left
  FROM mine
 WHERE state = 'active' AND valid_from <= now() AND (valid_to IS NULL OR valid_to > now())
   AND (points_budget IS NULL OR points_spent < points_budget) AND (uses_budget IS NULL OR uses_spent < uses_budget)
 ORDER BY priority, id
