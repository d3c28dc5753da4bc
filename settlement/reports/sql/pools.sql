-- What happened to the points that these issuers were paid for when they were issued, through the periods of a program.
-- Grain: one row = one period, points currency, funder, thing that happened (`what`), agreement and price of the accrual,
-- apart where it corrects an earlier period (`adjusts`): the documents round the same groups.
-- A redemption counts where the points were paid at issue, whatever agreement prices the redemption itself. These issuers
-- were paid so under every agreement they ever had; of others, `mixed_pools.sql` looks at each point's birth.
SELECT s.period_id, s.currency_id, s.funder_id, s.what, s.agreement_id, s.adjusts,
       CASE WHEN s.what <> 'redeemed' THEN s.funding_price END AS funding_price, sum(s.points)::bigint AS points
  FROM accrued_points s
 WHERE s.program_id = :program AND s.currency_id = :currency AND s.funder_id = ANY(:funders)
 GROUP BY 1, 2, 3, 4, 5, 6, 7
 ORDER BY 1, 2, 3, 4, 5, 6, 7
