-- Which of some codes are segments of a program: somebody is or was in them, or a promotion, published or a draft, puts members
-- into them. Grain: one row for each code. Looks each code up, however many segments there are.
WITH asked (name) AS (
    SELECT DISTINCT unnest(CAST(:names AS text[])) COLLATE "C"
), written (name) AS (
    SELECT found #>> '{}' COLLATE "C"
      FROM (SELECT p.draft FROM promotion p
             WHERE p.program_id = :program AND p.draft IS NOT NULL AND p.state <> 'archived'
            UNION ALL
            SELECT v.document::jsonb FROM promotion p JOIN promotion_version v
                ON v.promotion_id = p.id AND v.version = p.version
             WHERE p.program_id = :program) d (document),
           jsonb_path_query(document, '$.** ? (@.kind == "segment.add").segment ? (@.type() == "string")') found
)
SELECT name FROM asked
 WHERE EXISTS (SELECT FROM member_holding h
                WHERE h.program_id = :program AND h.kind = 'segment' AND h.name = asked.name)
    OR name IN (SELECT name FROM written)
