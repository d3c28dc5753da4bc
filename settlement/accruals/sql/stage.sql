-- The movements of a span of transactions, with the day they happened on and the day whose prices hold.
-- Grain: one row = one movement of the ledger (one funding leg of a credit, or of one lot's share in a debit).
-- An expiry and a clawback are priced as the points were when they were issued, redeemed points that come back as they
-- were when they were redeemed.
INSERT INTO fresh_movement
SELECT m.movement_id, m.xid,
       CASE WHEN m.kind = 'redeem' AND m.counter_kind <> 3 THEN 'adjust' ELSE m.kind END, m.points, m.currency_id,
       m.occurred_at, (m.occurred_at AT TIME ZONE :zone)::date,
       (CASE WHEN m.kind IN ('expire', 'clawback') THEN m.issued_at ELSE m.drawn_at END AT TIME ZONE :zone)::date,
       m.party_id, CASE WHEN m.kind = 'redeem' AND m.counter_kind = 3 THEN m.counter_owner END, m.partner_id, m.external_id,
       m.reverses_id
  FROM ledger_movements m
 WHERE m.program_id = :program AND m.xid >= CAST(:since AS xid8) AND m.xid < CAST(:upto AS xid8)
