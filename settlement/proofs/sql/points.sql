-- The points beneath one entity's statement, with the parts of their lines (see entries.sql). Grain: one row = one charge
-- of one movement. What a line has in common with all others of its kind and prices stands in `x`, which PostgreSQL
-- remembers (Memoize) instead of working it out a million times; movements are sorted before they are parted.
-- `upto` is null but for a version of a statement that was replaced: the transaction below which it was closed.
SELECT a.occurred_at, a.movement_id, x.place, a.booked_on, a.points, a.external_id AS reference,
       a.reverses_id AS reverses, x.turn, x.factor, x.begins, x.middle, x.ends
  FROM (
    SELECT * FROM accrual
     WHERE period_id = %(period)s AND (funder_id = %(entity)s OR redeemer_id = %(entity)s)
       AND (%(upto)s::xid8 IS NULL OR (xid < %(upto)s::xid8 AND NOT EXISTS (
            SELECT FROM accrual_deferral d WHERE d.id = movement_id AND d.upto <= %(upto)s::xid8)))
     ORDER BY occurred_at, movement_id) a
 CROSS JOIN LATERAL (
    SELECT v.place, v.turn,
           v.sign * v.turn * v.price * ('1e-' || (SELECT decimals FROM currency WHERE id = a.currency_id))::numeric
             AS factor,
           concat('{"agreement":', v.agreement_id, ',"amount":"') AS begins,
           concat('","charge":"', v.charge, '","currency":', a.currency_id, ',"document":"', v.document,
                  CASE WHEN v.document = 'credit' THEN '_note' WHEN a.adjusts THEN '_credit' ELSE '_invoice' END,
                  '","kind":"', a.kind, '","movement":"') AS middle,
           concat(',"price":"', trim_scale(v.price), '","reference":') AS ends
      FROM (VALUES
        (1, 'issue_funding', 'issuer', a.kind IN ('issue', 'clawback'), a.funder_id, a.agreement_id, a.funding_price,
         -1, CASE a.kind WHEN 'clawback' THEN -1 ELSE 1 END),
        (2, 'service_fee', 'issuer', a.kind IN ('issue', 'clawback'), a.funder_id, a.agreement_id, a.service_price,
         -1, CASE a.kind WHEN 'clawback' THEN -1 ELSE 1 END),
        (3, 'redemption_funding', 'issuer', a.kind = 'redeem', a.funder_id, a.agreement_id, a.funding_price, -1, 1),
        (4, 'redeemed', 'redeemer', a.kind = 'redeem', a.redeemer_id, a.redeemer_agreement_id, a.redeemer_rate, 1, 1),
        (5, 'breakage', 'credit', a.kind = 'expire', a.funder_id, a.agreement_id, a.funding_price, 1, 1),
        (6, 'breakage_taxed', 'issuer', a.kind = 'expire', a.funder_id, a.agreement_id, a.service_price, -1, 1),
        (7, 'breakage_untaxed', 'issuer', a.kind = 'expire', a.funder_id, a.agreement_id, a.service_price, -1, -1)
        ) v (place, charge, document, due, entity_id, agreement_id, price, sign, turn)
     WHERE v.due AND v.entity_id = %(entity)s AND v.agreement_id IS NOT NULL AND v.price <> 0
    OFFSET 0) x
