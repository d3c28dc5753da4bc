-- What waits for an agreement through a day, one by one. Grain: one row = one movement or supply, by its id.
SELECT 'm:' || s.movement_id AS key FROM accrual_suspense s
 WHERE s.program_id = :program AND s.occurred_on <= :until
 UNION ALL
SELECT 's:' || d.supply_id FROM catalog_deliveries d JOIN program p ON p.id = d.program_id
 WHERE d.program_id = :program AND (d.delivered_at AT TIME ZONE p.zone)::date <= :until
   AND d.xid < (SELECT w.upto FROM accrual_watermark w WHERE w.program_id = :program)
   AND NOT EXISTS (SELECT FROM supply_accrual x WHERE x.supply_id = d.supply_id)
 ORDER BY key LIMIT :limit
