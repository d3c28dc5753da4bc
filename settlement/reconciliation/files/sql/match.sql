-- Keep what differs of what was compared, with the totals of each class and of what agrees, in one statement.
-- Grain of what it writes: a difference = one external id in one class; a total = one class of the reconciliation.
WITH judged AS MATERIALIZED ({judged}),
kept AS (
    INSERT INTO reconciliation_difference (reconciliation_id, class, external_id, line, lines, occurred_on, booked_on,
           their_amount_minor, our_amount_minor, their_points, our_points, their_redeemed, our_redeemed, their_rate,
           our_rate, movement_id)
    SELECT :run, x.class, external_id, line, lines, coalesce(ours_on, (known AT TIME ZONE :zone)::date, said_on),
           booked_on, their_amount, our_amount, their_points, our_points, their_redeemed, our_redeemed, their_rate,
           CASE WHEN their_rate = least_rate THEN most_rate ELSE least_rate END, movement_id
      FROM judged j
     CROSS JOIN LATERAL (VALUES
           ('missing_here', is_missing_here), ('missing_there', is_missing_there), ('duplicate', is_duplicate),
           ('amount', is_amount), ('points', is_points), ('rate', is_rate), ('late', is_late)) x (class, holds)
     WHERE (is_missing_here OR is_missing_there OR is_duplicate OR is_amount OR is_points OR is_rate OR is_late)
       AND x.holds
    RETURNING class, their_amount_minor, our_amount_minor, their_points, our_points, their_redeemed, our_redeemed)
INSERT INTO reconciliation_total (reconciliation_id, class, count, their_amount_minor, our_amount_minor, their_points,
       our_points, their_redeemed, our_redeemed)
SELECT :run, class, count(*), coalesce(sum(their_amount_minor), 0), coalesce(sum(our_amount_minor), 0),
       coalesce(sum(their_points), 0), coalesce(sum(our_points), 0), coalesce(sum(their_redeemed), 0),
       coalesce(sum(our_redeemed), 0)
  FROM kept GROUP BY class
UNION ALL
SELECT :run, 'matched', coalesce(sum(count), 0), coalesce(sum(their_amount), 0), coalesce(sum(our_amount), 0),
       coalesce(sum(their_points), 0), coalesce(sum(our_points), 0), coalesce(sum(their_redeemed), 0),
       coalesce(sum(our_redeemed), 0)
  FROM (SELECT agreeing AS count, their_amount, our_amount, their_points, our_points, their_redeemed, our_redeemed
          FROM suspect WHERE external_id IS NULL AND :trusted
         UNION ALL
        SELECT 1, their_amount, our_amount, their_points, our_points, their_redeemed, our_redeemed FROM judged
         WHERE (is_missing_here OR is_missing_there OR is_duplicate OR is_amount OR is_points OR is_rate OR is_late)
               IS NOT TRUE) alike
