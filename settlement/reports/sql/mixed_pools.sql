-- As `pools.sql`, of issuers that were paid at issue under some of their agreements only: a point counts by the one that
-- was in force when it was issued. Grain: the same.
SELECT s.period_id, s.currency_id, s.funder_id, s.what, s.agreement_id, s.adjusts,
       CASE WHEN s.what <> 'redeemed' THEN s.funding_price END AS funding_price, sum(s.points)::bigint AS points
  FROM settled_points s
 WHERE s.program_id = :program AND s.currency_id = :currency AND s.funder_id = ANY(:funders) AND s.issue_price > 0
 GROUP BY 1, 2, 3, 4, 5, 6, 7
 ORDER BY 1, 2, 3, 4, 5, 6, 7
