-- Deliveries that suppliers are owed for, and what they have taken back, with the sign turned. Grain: one row = one
-- delivered consignment, or one return.
-- Not `covered`: the supplier's entity has no agreement on that day, or invoices in a foreign currency.
SELECT d.supply_id, d.kind, d.consignment_id, d.legal_entity_id, a.id AS agreement_id, d.cost_minor, d.delivery_minor, d.delivered_at,
       d.delivered_on, d.xid, p.id AS period_id, greatest(d.delivered_on, p.starts_on) AS booked_on,
       (d.legal_entity_id = :operator OR a.id IS NOT NULL) AND d.currency = :currency AS covered
  FROM (SELECT s.*, (s.delivered_at AT TIME ZONE :zone)::date AS delivered_on FROM catalog_deliveries s
         WHERE s.program_id = :program AND s.xid < CAST(:upto AS xid8)) d
  LEFT JOIN LATERAL (
       SELECT s.id, s.starts_on FROM settlement_period s LEFT JOIN settlement_closure c ON c.period_id = s.id
        WHERE s.program_id = :program AND s.ends_on >= d.delivered_on AND (c.upto IS NULL OR c.upto > d.xid)
        ORDER BY s.ends_on LIMIT 1) p ON true
  LEFT JOIN agreement a ON a.legal_entity_id = d.legal_entity_id AND a.state = 'active'
        AND a.valid @> d.delivered_on AND d.legal_entity_id <> :operator
