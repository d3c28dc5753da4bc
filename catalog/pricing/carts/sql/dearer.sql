-- Grain: one line of an active quote, or one wish, whose reward costs everybody more now than it did then. Params:
-- program_id, member_id, most.
SELECT l.reward_id, l.base_points AS from_points, s.points AS to_points,
       (SELECT max(p.risen_at) FROM price_rise p WHERE p.reward_id = l.reward_id AND p.risen_at >= q.created_at)
           AS risen_at,
       q.id AS quote_id, l.unit_points AS held_points, q.expires_at AS held_until
  FROM quote q
  JOIN quote_line l ON l.quote_id = q.id
  JOIN reward_prices s ON s.reward_id = l.reward_id
 WHERE q.member_id = :member_id AND q.program_id = :program_id AND q.state = 'active' AND q.expires_at > now()
   AND s.points > l.base_points
 UNION ALL
SELECT w.reward_id, r.from_points, s.points, r.risen_at, NULL, NULL, NULL
  FROM wish w
  JOIN reward_prices s ON s.reward_id = w.reward_id
  JOIN LATERAL (SELECT min(p.from_points) AS from_points, max(p.risen_at) AS risen_at FROM price_rise p
                 WHERE p.reward_id = w.reward_id AND p.risen_at >= w.added_at) AS r ON r.from_points < s.points
 WHERE w.member_id = :member_id AND w.program_id = :program_id
 ORDER BY quote_id NULLS LAST, reward_id
 LIMIT :most
