-- A period's accruals summed up. Grain: one row = one kind, points currency, funder and redeemer with their agreements
-- and prices. The only pass over a period's movements that closing makes.
SELECT a.kind, sum(a.points)::bigint AS points, a.currency_id, c.decimals AS points_decimals, a.funder_id,
       a.agreement_id, a.funding_price, a.service_price, a.redeemer_id, a.redeemer_agreement_id, a.redeemer_rate
  FROM accrual a JOIN currency c ON c.id = a.currency_id
 WHERE a.period_id = :period
 GROUP BY a.kind, a.currency_id, c.decimals, a.funder_id, a.agreement_id, a.funding_price, a.service_price,
          a.redeemer_id, a.redeemer_agreement_id, a.redeemer_rate
 ORDER BY a.kind, a.currency_id, a.funder_id, a.agreement_id, a.redeemer_id, a.redeemer_agreement_id
