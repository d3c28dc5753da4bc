-- What each external id comes to. Grain: one row = one external id of `compared`; one that neither side counts in the
-- period is left out. `known_*`: what we have under an id that the file names, but of quite another day.
SELECT j.*,
       theirs AND copies > 1 AS is_duplicate,
       theirs AND NOT ours AND known IS NULL AS is_missing_here,
       ours AND NOT theirs AND ours_inside AS is_missing_there,
       once AND their_amount <> our_amount AS is_amount,
       once AND (their_points <> coalesce(our_points, 0) OR their_redeemed <> coalesce(our_redeemed, 0)) AS is_points,
       once AND (their_rate <> least_rate OR their_rate <> most_rate) AS is_rate,
       CASE WHEN theirs THEN known IS NOT NULL OR (ours AND copies = 1 AND NOT settled_inside)
            ELSE settled_inside AND NOT ours_inside END AS is_late
  FROM (
    SELECT k.*, theirs AND ours AND copies = 1 AS once,
           CASE WHEN theirs AND NOT ours AND copies = 1 THEN (
                SELECT p.occurred_at FROM purchase_receipts p
                 WHERE p.partner_id = :partner AND p.external_id = k.external_id AND p.kind = 'purchase') END AS known
      FROM (
        SELECT c.*, lines > 0 AS theirs, ours_on IS NOT NULL AS ours,
               CASE WHEN booked_on IS NULL THEN ours_inside ELSE booked_inside END AS settled_inside
          FROM compared c) k) j
 WHERE theirs OR ours_inside OR settled_inside
