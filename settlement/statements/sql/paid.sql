-- Paid statements of entities with a limit that free nothing now, and what they free, in millionths of money.
-- Grain: one row = one statement. Never more is freed than is used: a limit counts from the day on which it was set.
-- A statement's freeings take turns, freed and used again: `statement:7`, `statement:7:1`, `statement:7:2`, ...
SELECT p.legal_entity_id, p.key, least(p.amount, p.used)::bigint AS amount FROM (
SELECT s.legal_entity_id, 'statement:' || s.id || CASE WHEN f.times > 0 THEN ':' || f.times ELSE '' END AS key,
       coalesce((SELECT sum(l.quantity * l.unit_price / power(10::numeric, c.decimals))
                   FROM statement_document d JOIN statement_line l ON l.document_id = d.id
                   JOIN currency c ON c.id = l.currency_id
                  WHERE d.statement_id = s.id
                    AND l.code IN ('issue_funding', 'service_fee', 'redemption_funding')), 0) * 1000000
     + coalesce((SELECT sum(a.points * g.redemption_price / power(10::numeric, c.decimals))
                   FROM accrual a JOIN agreement g ON g.id = a.agreement_id JOIN currency c ON c.id = a.currency_id
                  WHERE a.period_id = s.period_id AND a.funder_id = s.legal_entity_id AND a.kind = 'expire'), 0)
       * 1000000 AS amount,
       x.cap + x.deficit - (SELECT coalesce(sum(f.available), 0) FROM exposure_part f
                             WHERE f.legal_entity_id = s.legal_entity_id) AS used, s.id
  FROM statement s
  JOIN exposure_limit x ON x.legal_entity_id = s.legal_entity_id
 CROSS JOIN LATERAL (SELECT count(*) AS times FROM exposure_freeing f
                      WHERE f.legal_entity_id = s.legal_entity_id
                        AND (f.key = 'statement:' || s.id
                             OR f.key >= 'statement:' || s.id || ':' AND f.key < 'statement:' || s.id || ';')) f
 CROSS JOIN LATERAL (SELECT e.state FROM statement_event e WHERE e.statement_id = s.id ORDER BY e.no DESC LIMIT 1) e
 WHERE s.program_id = :program AND NOT s.is_operator AND e.state = 'paid'
   AND f.times % 2 = 0
) p ORDER BY p.id LIMIT :most
