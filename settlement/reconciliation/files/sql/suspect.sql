-- One look at everything: which external ids do not plainly agree, and what those that do come to.
-- Grain: one row = one suspect, with `agreeing` 0; and one row without an id for all that agree.
-- A line, a receipt and a movement that meet alone and say the same agree plainly. What is left out of `suspect` needs no
-- other look, as long as nothing met twice: then more lines agree here than the file has under ids that are no suspects.
CREATE TEMP TABLE suspect ON COMMIT DROP AS
SELECT CASE WHEN plain THEN NULL ELSE external_id END AS external_id, count(*) FILTER (WHERE plain) AS agreeing,
       sum(their_amount) AS their_amount, sum(our_amount) AS our_amount, sum(their_points) AS their_points,
       sum(our_points) AS our_points, sum(their_redeemed) AS their_redeemed, sum(our_redeemed) AS our_redeemed
  FROM (
    SELECT external_id, their_amount, our_amount, their_points, our_points, their_redeemed, our_redeemed,
           again IS FALSE AND (received_at IS NOT NULL OR booked_on IS NOT NULL)
             AND coalesce(their_amount = our_amount, true)
             AND (their_points IS NULL OR their_points = coalesce(our_points, 0))
             AND (their_redeemed IS NULL OR their_redeemed = coalesce(our_redeemed, 0))
             AND coalesce(their_rate = our_rate, true)
             AND CASE WHEN booked_on IS NULL THEN received_at >= :starts_at AND received_at < :ends_at
                      ELSE booked_on BETWEEN :starts_on AND :ends_on END AS plain
      FROM (SELECT external_id, again, amount_minor AS their_amount, points AS their_points,
                   redeemed AS their_redeemed, rate AS their_rate
              FROM reconciliation_line WHERE reconciliation_id = :run) l
      FULL JOIN (SELECT external_id, occurred_at AS received_at, amount_minor AS our_amount
              FROM purchase_receipts
             WHERE partner_id = :partner AND occurred_at >= :seen_from AND occurred_at < :seen_until) r
             USING (external_id)
      FULL JOIN (SELECT external_id, occurred_on, booked_on, points AS our_points, redeemed AS our_redeemed,
                   rate AS our_rate
              FROM accrued_movements
             WHERE partner_id = :partner AND currency_id = :currency AND kind IN ('issue', 'clawback', 'redeem')
               AND (occurred_on BETWEEN :seen_on AND :seen_to OR booked_on BETWEEN :starts_on AND :ends_on)) m
             USING (external_id)
     WHERE again IS NOT NULL OR (received_at >= :starts_at AND received_at < :ends_at)
        OR occurred_on BETWEEN :starts_on AND :ends_on OR booked_on BETWEEN :starts_on AND :ends_on) met
 GROUP BY 1
