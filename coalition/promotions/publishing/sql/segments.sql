-- The codes of a program's segments: those in which somebody is or was, and those that a promotion, published or a draft, puts
-- members into. Grain: one row for each code. Reads one row of the index for each code, however many members there are.
WITH RECURSIVE held (name) AS (
    (SELECT name FROM member_holding
      WHERE program_id = :program AND kind = 'segment' ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT h.name FROM member_holding h
             WHERE h.program_id = :program AND h.kind = 'segment'
               AND h.name > held.name ORDER BY h.name LIMIT 1)
      FROM held WHERE held.name IS NOT NULL
), written (document) AS (
    SELECT p.draft FROM promotion p WHERE p.program_id = :program AND p.draft IS NOT NULL AND p.state <> 'archived'
    UNION ALL
    SELECT v.document::jsonb FROM promotion p JOIN promotion_version v
        ON v.promotion_id = p.id AND v.version = p.version
     WHERE p.program_id = :program
)
SELECT name FROM held WHERE name IS NOT NULL
UNION
SELECT found #>> '{}' FROM written,
       jsonb_path_query(document, '$.** ? (@.kind == "segment.add").segment ? (@.type() == "string")') found
ORDER BY 1 LIMIT :most
