-- The draws of a program: those that somebody has a ticket of, those that a promotion gives tickets of, those that were held.
-- Grain: one row for each draw, by name, after :after. Tickets and members are counted on the index of names, which holds
-- segments and tickets alone.
WITH RECURSIVE ticketed (name) AS (
    (SELECT name FROM member_holding
      WHERE program_id = :program AND kind = 'ticket' ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT h.name FROM member_holding h
             WHERE h.program_id = :program AND h.kind = 'ticket'
               AND h.name > ticketed.name ORDER BY h.name LIMIT 1)
      FROM ticketed WHERE ticketed.name IS NOT NULL
), promised (name) AS (
    SELECT found #>> '{}'
      FROM promotion p JOIN promotion_version v ON v.promotion_id = p.id AND v.version = p.version,
           jsonb_path_query(v.document::jsonb, '$.** ? (@.kind == "draw.enter").draw ? (@.type() == "string")') found
     WHERE p.program_id = :program
), every (name) AS (
    SELECT name FROM ticketed WHERE name IS NOT NULL
    UNION SELECT name FROM promised
    UNION SELECT name FROM prize_draw WHERE program_id = :program
), shown AS (
    SELECT name COLLATE "C" AS name FROM every
     WHERE name COLLATE "C" > :after AND (CAST(:name AS text) IS NULL OR name = :name)
     ORDER BY 1 LIMIT :most
)
SELECT s.name, t.members, t.tickets, d.drawn_at, jsonb_array_length(d.winners) AS winners
  FROM shown s
 CROSS JOIN LATERAL (SELECT count(*) AS members, coalesce(sum(value), 0)::bigint AS tickets FROM member_holding
                      WHERE program_id = :program AND kind = 'ticket'
                        AND name = s.name AND value > 0) t
  LEFT JOIN prize_draw d ON d.program_id = :program AND d.name = s.name
 ORDER BY s.name
