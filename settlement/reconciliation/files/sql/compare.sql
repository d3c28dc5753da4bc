-- A partner's file, our receipts and the ledger's movements, laid upon one another by external id.
-- Grain: one row = one external id that any of the three knows; `copies` is how often the file has it. `only` leaves all
-- but the suspects out.
-- Receipts and movements are looked at from three days before the period to three days after it, so that what the other
-- side has on another day is recognized (`ours_inside`: happened within the period; `booked_inside`: settled in it).
CREATE TEMP TABLE compared ON COMMIT DROP AS
SELECT external_id, sum(copies)::int AS lines, min(line) AS line,
       CASE WHEN NOT :by_receipt THEN sum(copies)::int
            WHEN max(line) - min(line) + 1 > sum(copies) THEN 2 ELSE least(sum(copies), 1)::int END AS copies,
       min(said_on) AS said_on, min(ours_on) AS ours_on, max(booked_on) AS booked_on,
       sum(their_amount) AS their_amount, sum(our_amount) AS our_amount,
       sum(their_points) AS their_points, sum(our_points) AS our_points,
       sum(their_redeemed) AS their_redeemed, sum(our_redeemed) AS our_redeemed,
       max(their_rate) AS their_rate, min(our_rate) AS least_rate, max(our_rate) AS most_rate,
       min(movement_id) AS movement_id,
       bool_or(inside) AS ours_inside, bool_or(booked_inside) AS booked_inside
  FROM (
    SELECT external_id, 1 AS copies, line, occurred_on AS said_on, NULL::date AS ours_on, NULL::date AS booked_on,
           amount_minor AS their_amount, NULL::bigint AS our_amount, points AS their_points, NULL::bigint AS our_points,
           redeemed AS their_redeemed, NULL::bigint AS our_redeemed, rate AS their_rate, NULL::numeric AS our_rate,
           NULL::text AS movement_id, NULL::boolean AS inside, NULL::boolean AS booked_inside
      FROM reconciliation_line WHERE reconciliation_id = :run {only}
    UNION ALL
    SELECT external_id, 0, NULL, NULL, (occurred_at AT TIME ZONE :zone)::date, NULL, NULL, amount_minor, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, occurred_at >= :starts_at AND occurred_at < :ends_at, NULL
      FROM purchase_receipts
     WHERE partner_id = :partner AND occurred_at >= :seen_from AND occurred_at < :seen_until {only}
    UNION ALL
    SELECT external_id, 0, NULL, NULL, occurred_on, booked_on, NULL, NULL, NULL, points, NULL, redeemed, NULL, rate,
           movement_id, occurred_on BETWEEN :starts_on AND :ends_on, booked_on BETWEEN :starts_on AND :ends_on
      FROM accrued_movements
     WHERE partner_id = :partner AND currency_id = :currency AND kind IN ('issue', 'clawback', 'redeem')
       AND (period_id IS NULL OR period_id IN (
            SELECT id FROM settlement_period WHERE program_id = :program AND ends_on >= :starts_on))
       AND (occurred_on BETWEEN :seen_on AND :seen_to OR booked_on BETWEEN :starts_on AND :ends_on) {only}) sides
 GROUP BY external_id
