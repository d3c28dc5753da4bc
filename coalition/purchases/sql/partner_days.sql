-- Grain: one row = a local day, a kind of figure and (for points) a points currency, of one partner since an instant.
-- sold: receipts, those with a member, and the money of the day; issued: points they earned; redeemed: points that paid;
-- back: returns and voids of the day, and the money paid back.
WITH sold AS (
    SELECT id, member_id, total_minor, (occurred_at AT TIME ZONE :zone)::date AS day FROM purchase
     WHERE partner_id = :partner AND occurred_at >= :since
)
SELECT 'sold' AS kind, day, NULL::int AS currency_id, count(*) AS many, count(member_id) AS members,
       sum(total_minor)::bigint AS units
  FROM sold GROUP BY day
UNION ALL
SELECT 'issued', s.day, a.currency_id, count(*), 0, sum(a.units)::bigint
  FROM sold s JOIN award a ON a.purchase_id = s.id GROUP BY s.day, a.currency_id
UNION ALL
SELECT 'redeemed', s.day, t.currency_id, count(*), 0, sum(t.units)::bigint
  FROM sold s JOIN purchase_tender t ON t.purchase_id = s.id GROUP BY s.day, t.currency_id
UNION ALL
SELECT 'back', (occurred_at AT TIME ZONE :zone)::date, NULL, count(*), 0, sum(refund_minor)::bigint
  FROM purchase_return WHERE partner_id = :partner AND occurred_at >= :since GROUP BY 2
