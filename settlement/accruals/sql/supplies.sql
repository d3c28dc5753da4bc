-- Deliveries that suppliers are owed for, and what they have taken back, with the sign turned. Grain: one row = one
-- delivered consignment, or one return.
-- Not `covered`: the supplier's entity has no agreement on that day, or invoices in a foreign currency.
SELECT d.supply_id, d.kind, d.consignment_id, d.legal_entity_id, a.id AS agreement_id, d.cost_minor, d.delivery_minor, d.delivered_at,
       d.delivered_on, d.xid, p.id AS period_id, greatest(d.delivered_on, p.starts_on) AS booked_on,
       (d.legal_entity_id = :operator OR a.id IS NOT NULL) AND d.currency = :currency AS covered
  FROM (SELECT s.*, (s.delivered_at AT TIME ZONE :zone)::date AS delivered_on FROM catalog_deliveries s
         WHERE s.program_id = :program AND s.xid < CAST(:upto AS xid8)) d
  LEFT JOIN (SELECT id, max(upto) AS upto FROM accrual_deferral WHERE program_id = :program GROUP BY id) x
       ON x.id = d.supply_id
  LEFT JOIN LATERAL (
       SELECT s.period_id AS id, s.starts_on FROM settlement_span s
        WHERE s.program_id = :program AND s.ends_on >= d.delivered_on AND s.since <= coalesce(x.upto, d.xid)
          AND (s.upto IS NULL OR s.upto > coalesce(x.upto, d.xid))
        ORDER BY s.ends_on LIMIT 1) p ON true
  LEFT JOIN agreement a ON a.legal_entity_id = d.legal_entity_id AND a.state = 'active'
        AND a.valid @> d.delivered_on AND d.legal_entity_id <> :operator
