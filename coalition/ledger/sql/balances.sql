-- What wallets hold now. Grain: one row = one wallet, one restriction (null: none) and one end of its unexpired lots (null:
-- they never end, or there are none), split into usable and not yet active.
SELECT a.id, a.currency_id, coalesce(w.held, 0), coalesce(w.arrears, 0), nullif(least(l.expires_at, w.idle_at), 'infinity'),
       coalesce(sum(l.remaining) FILTER (WHERE l.active_at <= now()), 0)::bigint,
       coalesce(sum(l.remaining) FILTER (WHERE l.active_at > now()), 0)::bigint, l.restriction_id
  FROM account a
  LEFT JOIN wallet w ON w.account_id = a.id
  LEFT JOIN lot l ON l.account_id = a.id AND l.expires_at > now() AND (w.idle_at IS NULL OR w.idle_at > now())
