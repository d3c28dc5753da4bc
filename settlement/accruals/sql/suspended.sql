-- What waits for an agreement through a day. Grain: one row = one legal entity that lacks one.
SELECT legal_entity_id, sum(n)::bigint AS movements FROM (
  SELECT s.funder_id AS legal_entity_id, count(*) AS n FROM accrual_suspense s
   WHERE s.program_id = :program AND s.occurred_on <= :until GROUP BY 1
  UNION ALL
  SELECT d.legal_entity_id, count(*) FROM catalog_deliveries d JOIN program p ON p.id = d.program_id
   WHERE d.program_id = :program AND (d.delivered_at AT TIME ZONE p.zone)::date <= :until
     AND d.xid < (SELECT w.upto FROM accrual_watermark w WHERE w.program_id = :program)
     AND NOT EXISTS (SELECT FROM supply_accrual x WHERE x.supply_id = d.supply_id)
   GROUP BY 1) waiting
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100
