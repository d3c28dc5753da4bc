-- Statements that freed a limit when they were paid and are so no more, and what they freed, in millionths of money.
-- Grain: one row = one statement; an odd number of freeings says that the last one freed (see paid.sql).
SELECT s.legal_entity_id, 'statement:' || s.id || ':' || f.times AS key, f.amount
  FROM statement s
 CROSS JOIN LATERAL (SELECT count(*) AS times, (array_agg(f.amount ORDER BY f.at DESC))[1] AS amount
                       FROM exposure_freeing f
                      WHERE f.legal_entity_id = s.legal_entity_id
                        AND (f.key = 'statement:' || s.id
                             OR f.key >= 'statement:' || s.id || ':' AND f.key < 'statement:' || s.id || ';')) f
 CROSS JOIN LATERAL (SELECT e.state FROM statement_event e WHERE e.statement_id = s.id ORDER BY e.no DESC LIMIT 1) e
 WHERE s.program_id = :program AND NOT s.is_operator AND e.state <> 'paid' AND f.times % 2 = 1
   AND EXISTS (SELECT FROM statement_event e WHERE e.statement_id = s.id AND e.state = 'paid')
 ORDER BY s.id LIMIT :most
