-- The next purchases of members in the order in which they were recorded.
-- Grain: one row = one purchase.
SELECT p.id, p.partner_id, p.member_id, p.outlet_id, p.legal_entity_id, p.external_id, p.occurred_at, p.recorded_at,
       p.total_minor, p.points_paid_minor, p.currency, p.channel, p.payments
  FROM purchase p
 WHERE p.program_id = %(program)s AND p.id > %(after)s AND p.member_id IS NOT NULL
   AND p.occurred_at >= %(since)s AND p.occurred_at < %(until)s AND p.member_id %% %(parts)s = %(part)s
   AND (%(upto)s::bigint IS NULL OR p.id <= %(upto)s)
 ORDER BY p.id
 LIMIT %(limit)s
