-- What the staged movements become: booked in the first period that was still open to their transaction, at the prices
-- of the agreement in force on `priced_on`. Grain: one row = one movement. Not `covered`: an agreement is missing.
-- Which period that is changes, for movements of one day, only at the transactions at which periods closed or opened
-- again; `p` is one row for each day and stretch between two of them, so it is not asked for each movement.
-- The service price of an expiry is what is retained of a point whose sale was untaxed: it becomes a fee, and is taxed.
SELECT f.*, CAST(:program AS int) AS program_id, p.id AS period_id,
       greatest(f.occurred_on, p.starts_on) AS booked_on, fa.id AS agreement_id,
       CASE f.kind WHEN 'redeem' THEN fa.redemption_price WHEN 'expire' THEN fa.issue_price * fa.breakage_share
                   WHEN 'adjust' THEN NULL ELSE fa.issue_price END AS funding_price,
       CASE WHEN f.kind IN ('issue', 'clawback') THEN fa.service_price
            WHEN f.kind = 'expire' AND fa.vat_profile = 'DE_THIRD_PARTY'
            THEN fa.issue_price * (1 - fa.breakage_share) END AS service_price,
       ra.id AS redeemer_agreement_id, ra.redeemer_price AS redeemer_rate,
       (f.kind = 'clawback' OR (f.kind = 'redeem' AND f.points < 0)) AND f.priced_on < p.starts_on AS adjusts,
       (f.kind = 'adjust' OR f.funder_id = :operator OR fa.id IS NOT NULL)
         AND (f.redeemer_id IS NULL OR f.redeemer_id = :operator OR ra.id IS NOT NULL) AS covered
  FROM fresh_movement f
  LEFT JOIN (SELECT id, max(upto) AS upto FROM accrual_deferral WHERE program_id = :program GROUP BY id) d
       ON d.id = f.movement_id
  JOIN (
       SELECT d.day, b.since, lead(b.since) OVER (PARTITION BY d.day ORDER BY b.since) AS upto, s.id, s.starts_on
         FROM (SELECT DISTINCT occurred_on AS day FROM fresh_movement) d
        CROSS JOIN LATERAL (
              SELECT DISTINCT v.xid AS since FROM settlement_span x CROSS JOIN LATERAL (VALUES (x.since), (x.upto)) v (xid)
               WHERE x.program_id = :program AND x.ends_on >= d.day AND v.xid IS NOT NULL) b
         LEFT JOIN LATERAL (
              SELECT x.period_id AS id, x.starts_on FROM settlement_span x
               WHERE x.program_id = :program AND x.ends_on >= d.day AND x.since <= b.since
                 AND (x.upto IS NULL OR x.upto > b.since)
               ORDER BY x.ends_on LIMIT 1) s ON true) p
       ON p.day = f.occurred_on AND p.since <= coalesce(d.upto, f.xid)
          AND (p.upto IS NULL OR p.upto > coalesce(d.upto, f.xid)) AND p.id IS NOT NULL
  LEFT JOIN agreement fa ON fa.legal_entity_id = f.funder_id AND fa.state = 'active' AND fa.valid @> f.priced_on
        AND fa.funding_mode <> 'none' AND f.funder_id <> :operator
  LEFT JOIN agreement ra ON ra.legal_entity_id = f.redeemer_id AND ra.state = 'active' AND ra.valid @> f.priced_on
        AND ra.redeemer_price IS NOT NULL AND f.redeemer_id <> :operator
