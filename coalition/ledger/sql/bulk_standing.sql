-- Where each staged posting stands: what `replay.sql` tells of one.
-- Grain: one row = one staged posting, with the earlier entry of its key on its account (`same`: the same body) or
-- nulls, and its wallet's points now.
SELECT s.place, e.id, e.request_hash = s.request_hash AS same, coalesce(w.undrawn, 0)
  FROM ledger_stage s
  LEFT JOIN entry e ON e.partner_id = s.partner_id AND e.operation = s.operation AND e.external_id = s.external_id
                   AND e.no = s.no AND e.account_id = s.account_id AND e.id <> s.id
  LEFT JOIN wallet w ON w.account_id = s.account_id
