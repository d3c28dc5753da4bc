-- What waits for an agreement through a day, deferred by a close. Grain: one row = one movement or supply and one period.
INSERT INTO accrual_deferral (id, period_id, program_id, upto)
SELECT waiting.id, :id, :program, CAST(:upto AS xid8) FROM (
  SELECT s.movement_id AS id FROM accrual_suspense s WHERE s.program_id = :program AND s.occurred_on <= :until
  UNION ALL
  SELECT d.supply_id FROM catalog_deliveries d JOIN program p ON p.id = d.program_id
   WHERE d.program_id = :program AND (d.delivered_at AT TIME ZONE p.zone)::date <= :until AND d.xid < CAST(:upto AS xid8)
     AND NOT EXISTS (SELECT FROM supply_accrual x WHERE x.supply_id = d.supply_id)) waiting
