-- Let a hold last longer, never shorter: while nobody knows what became of an order, its points stay set aside.
-- Grain: one call = one open hold; one whose time is over is saved as long as no sweep has released it.
CREATE OR REPLACE FUNCTION ledger_extend_hold(
  p_account bigint, p_hold bigint, p_ttl_s int, OUT expires_at timestamptz, OUT refused text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  UPDATE hold h SET expires_at = greatest(h.expires_at, now() + make_interval(secs => p_ttl_s))
   WHERE h.account_id = p_account AND h.id = p_hold AND h.state = 'open'
  RETURNING h.expires_at INTO expires_at;
  IF NOT FOUND THEN
    refused := CASE WHEN EXISTS (SELECT FROM hold h WHERE h.account_id = p_account AND h.id = p_hold)
                    THEN 'hold_closed' ELSE 'not_found' END;
  END IF;
END $$;
