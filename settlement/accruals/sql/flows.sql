-- A period's accruals summed up. Grain: one row = one kind, points currency, funder and redeemer with their agreements
-- and prices. The only pass over a period's movements that closing makes.
SELECT f.kind, f.points, f.currency_id, c.decimals AS points_decimals, f.funder_id, f.agreement_id, f.funding_price,
       f.service_price, f.redeemer_id, f.redeemer_agreement_id, f.redeemer_rate, f.adjusts
  FROM (SELECT kind, sum(points)::bigint AS points, currency_id, funder_id, agreement_id, funding_price, service_price,
               redeemer_id, redeemer_agreement_id, redeemer_rate, adjusts
          FROM accrual WHERE period_id = :period
         GROUP BY kind, currency_id, funder_id, agreement_id, funding_price, service_price, redeemer_id,
                  redeemer_agreement_id, redeemer_rate, adjusts) f
  JOIN currency c ON c.id = f.currency_id
 ORDER BY f.kind, f.currency_id, f.funder_id, f.agreement_id, f.redeemer_id, f.redeemer_agreement_id
