-- The open lots of a wallet in the order of spending. Grain: one row = one lot, with the legs of its funding.
SELECT l.account_id, l.entry_id, l.amount, l.remaining, coalesce(e.issued_at, e.occurred_at),
       nullif(l.active_at, '-infinity'), nullif(l.expires_at, 'infinity'), e.partner_id, e.external_id, l.restriction_id, f.parties, f.weights
  FROM lot l
  JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id
  JOIN LATERAL (SELECT array_agg(g.party_id ORDER BY g.no) AS parties, array_agg(g.weight ORDER BY g.no) AS weights
                  FROM funding_leg g WHERE g.funding_id = l.funding_id) f ON true
 WHERE l.account_id = %s ORDER BY l.expires_at, l.entry_id LIMIT %s
