-- What was booked on some wallets, newest first. Grain: one row = one journal row of the kinds asked for.
-- Ids are not in time order, so the list is sorted by (recorded_at, id); the page starts behind the entry named, if any.
SELECT e.id, e.account_id, e.currency_id, e.recorded_at, e.occurred_at, e.amount, e.operation, e.partner_id,
       e.external_id, e.no, c.owner, e.expires_at, e.kind, c.kind
  FROM entry e
  JOIN account c ON c.id = e.contra_id
 WHERE e.account_id = ANY(%(accounts)s) AND e.kind = ANY(%(kinds)s)
   AND (%(partner)s::int IS NULL OR e.partner_id = %(partner)s)
   AND (%(from_entry)s::bigint IS NULL OR (e.recorded_at, e.id) < (
         SELECT p.recorded_at, p.id FROM entry p WHERE p.account_id = %(from_account)s AND p.id = %(from_entry)s))
 ORDER BY e.recorded_at DESC, e.id DESC LIMIT %(limit)s
