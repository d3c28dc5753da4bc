-- Promotions whose state and last ruleset disagree. Grain: one promotion of a program.
WITH latest AS (
    SELECT DISTINCT ON (program_id) program_id, document::jsonb AS document, since
      FROM ruleset ORDER BY program_id, no DESC),
inside AS (
    SELECT l.program_id, d ->> 'id' AS code, (d ->> 'version')::int AS version
      FROM latest l CROSS JOIN jsonb_array_elements(l.document -> 'promotions') AS d),
published AS (
    SELECT p.program_id, p.code, p.version, p.ends_at > coalesce(l.since, '-infinity') IS NOT FALSE AS going_on
      FROM promotion p LEFT JOIN latest l USING (program_id)
     WHERE p.state = 'published')
SELECT coalesce(i.program_id, p.program_id) AS program_id, coalesce(i.code, p.code) AS code
  FROM inside i FULL JOIN published p ON p.program_id = i.program_id AND p.code = i.code AND p.version = i.version
 WHERE p.code IS NULL OR (i.code IS NULL AND p.going_on)
