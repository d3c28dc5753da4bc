-- Grain: one row = a group, a kind of figure and (for points) a points currency, of one partner from an instant until
-- before another; the group is a local day, a local month or an outlet, and null for all of them together.
-- sold: receipts, those with a member, the different members (a merged one is who it is today), and the money;
-- issued: points they earned; redeemed: points that paid, and the money that they replaced;
-- back: returns and voids of the stretch, by the outlet of their receipt, and the money paid back.
WITH sold AS (
    SELECT p.id, p.member_id, coalesce(m.merged_into, p.member_id) AS buyer, p.total_minor,
           CASE CAST(:by AS text) WHEN 'outlet' THEN p.outlet_id::text
                WHEN 'month' THEN to_char(p.occurred_at AT TIME ZONE :zone, 'YYYY-MM')
                ELSE to_char(p.occurred_at AT TIME ZONE :zone, 'YYYY-MM-DD') END AS part
      FROM purchase p LEFT JOIN member m ON m.id = p.member_id
     WHERE p.partner_id = :partner AND p.occurred_at >= :since AND p.occurred_at < :until
), back AS (
    SELECT r.refund_minor,
           CASE CAST(:by AS text) WHEN 'outlet' THEN p.outlet_id::text
                WHEN 'month' THEN to_char(r.occurred_at AT TIME ZONE :zone, 'YYYY-MM')
                ELSE to_char(r.occurred_at AT TIME ZONE :zone, 'YYYY-MM-DD') END AS part
      FROM purchase_return r JOIN purchase p ON p.id = r.purchase_id
     WHERE r.partner_id = :partner AND r.occurred_at >= :since AND r.occurred_at < :until
)
SELECT 'sold' AS kind, part, NULL::int AS currency_id, count(*) AS many, count(member_id) AS members,
       count(DISTINCT buyer) AS buyers, 0::bigint AS units, coalesce(sum(total_minor), 0)::bigint AS minor
  FROM sold GROUP BY ROLLUP (part)
UNION ALL
SELECT 'issued', s.part, a.currency_id, count(*), 0, 0, sum(a.units)::bigint, 0
  FROM sold s JOIN award a ON a.purchase_id = s.id GROUP BY a.currency_id, ROLLUP (s.part)
UNION ALL
SELECT 'redeemed', s.part, t.currency_id, count(*), 0, 0, sum(t.units)::bigint, sum(t.amount_minor)::bigint
  FROM sold s JOIN purchase_tender t ON t.purchase_id = s.id GROUP BY t.currency_id, ROLLUP (s.part)
UNION ALL
SELECT 'back', part, NULL, count(*), 0, 0, 0, coalesce(sum(refund_minor), 0)::bigint
  FROM back GROUP BY ROLLUP (part)
