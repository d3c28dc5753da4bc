-- The movements of a span of transactions, with the day they happened on and the day whose prices hold.
-- Grain: one row = one movement of the ledger (one funding leg of a credit, or of one lot's share in a debit).
-- An expiry and a clawback are priced as the points were when they were issued, a draw taken back as the draw was.
INSERT INTO fresh_movement
SELECT m.movement_id, m.xid,
       CASE WHEN m.kind = 'redeem' AND m.counter_kind <> 3 THEN 'adjust' ELSE m.kind END, m.points, m.currency_id,
       m.occurred_at, (m.occurred_at AT TIME ZONE :zone)::date,
       (coalesce(born.occurred_at, m.occurred_at) AT TIME ZONE :zone)::date, m.party_id,
       CASE WHEN m.kind = 'redeem' AND m.counter_kind = 3 THEN m.counter_owner END, m.partner_id, m.external_id
  FROM ledger_movements m
  LEFT JOIN LATERAL (
       SELECT o.occurred_at FROM ledger_movements o
        WHERE (m.kind IN ('expire', 'clawback') OR m.points < 0) AND o.account_id = m.account_id
          AND o.entry_id = CASE WHEN m.points < 0 THEN m.origin_id ELSE m.lot_id END
        LIMIT 1) born ON true
 WHERE m.program_id = :program AND m.xid >= CAST(:since AS xid8) AND m.xid < CAST(:upto AS xid8)
