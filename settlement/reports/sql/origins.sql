-- Where redeemed points come from: each draw with the credit that its lot goes back to, and the issuer's VAT rate on the
-- day of issue. Grain: one row = one funding leg of one lot's share in one redemption; what comes back is negative.
-- Points that came from another wallet keep their day of issue; their receipt is the one of the move (`arrived`).
SELECT c.movement_id, c.occurred_at, c.external_id AS redemption, c.counter_owner AS redeemer_id, c.party_id AS funder_id,
       c.points, c.issued_at, b.external_id AS receipt, b.occurred_at AS sold_at, coalesce(b.arrived, true) AS arrived,
       coalesce(g.vat_rate, 0) AS vat_rate
  FROM ledger_lot_changes c
  LEFT JOIN ledger_births b ON b.account_id = c.account_id AND b.lot_id = c.lot_id
  LEFT JOIN agreement_days g ON g.legal_entity_id = c.party_id AND g.valid @> (c.issued_at AT TIME ZONE :zone)::date
 WHERE c.program_id = :program AND c.currency_id = :currency AND c.kind = 'redeem' AND c.counter_kind = 3
   AND c.occurred_at >= :since AND c.occurred_at < :until
   AND (CAST(:funder AS bigint) IS NULL OR c.party_id = :funder)
 ORDER BY c.occurred_at, c.movement_id
 LIMIT :limit
