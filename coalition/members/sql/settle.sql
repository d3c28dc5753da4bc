-- Members take the best tier that a live grant gives them, or base. Grain: one row = a member whose tier has changed.
WITH best AS (
  SELECT m.id, m.program_id, m.tier AS from_tier, coalesce(b.code, 'base') AS to_tier, b.until
    FROM member m
    LEFT JOIN LATERAL (
      SELECT t.code, g.until FROM tier_grant g JOIN tier t ON t.id = g.tier_id
       WHERE g.member_id = m.id AND g.until > %(now)s
       ORDER BY t.rank DESC, g.until DESC LIMIT 1) b ON true
   WHERE m.id = ANY(%(members)s) AND m.state = 'active'),
changed AS (
  UPDATE member m SET tier = best.to_tier FROM best WHERE m.id = best.id AND m.tier <> best.to_tier
  RETURNING m.id, best.program_id, best.from_tier, best.to_tier, best.until),
kept AS (
  INSERT INTO tier_change (member_id, from_tier, to_tier, until, why, changed_at)
  SELECT id, from_tier, to_tier, until, %(why)s, %(now)s FROM changed ORDER BY id)
SELECT id, program_id, from_tier, to_tier, until FROM changed ORDER BY id
