-- What redemptions drew, lot by lot, and who paid for it. Grain: one row = one lot drawn by one journal row, with the
-- points of every party; the lot is told by the credit that it goes back to, its expiry is the lot's own.
SELECT a.debit_id, r.id, a.amount, nullif(a.expires_at, 'infinity'), r.occurred_at, r.partner_id, r.operation,
       r.external_id, s.parties, s.points
  FROM allocation a
  JOIN entry b ON b.account_id = a.account_id AND b.id = a.lot_id
  JOIN entry r ON r.account_id = a.account_id AND r.id = coalesce(b.root_id, b.id)
  JOIN LATERAL (SELECT array_agg(x.party_id ORDER BY x.no) AS parties, array_agg(x.points ORDER BY x.no) AS points
                  FROM ledger_split(a.funding_id, a.drawn_before, a.drawn_before + a.amount) x) s ON true
 WHERE a.account_id = ANY(%(accounts)s) AND a.debit_id = ANY(%(entries)s) AND a.amount > 0
 ORDER BY a.debit_id, a.expires_at, a.lot_id
