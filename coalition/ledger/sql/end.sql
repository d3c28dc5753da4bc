-- End points of some wallets, whose locks the caller holds: those whose last usable day (or the wallet's, where points
-- end with inactivity) is over by p_as_of, or all there are, as when a program ends.
-- Grain: one journal row (kind 6) per wallet and instant of ending; returns the lots that ended. A wallet that ended idle
-- starts anew, unless a hold pins points of it, which end when they come back. This is the thorough
-- way, for the wallets that need it; the sweep of plain expiries is in `expire.sql`. Told in the outbox, line by line.
CREATE OR REPLACE FUNCTION ledger_end(p_accounts bigint[], p_as_of timestamptz, p_all boolean) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  v_lots int;
  v_ids bigint[];
BEGIN
  INSERT INTO account(program_id, currency_id, kind, owner)
  SELECT DISTINCT w.program_id, w.currency_id, 4, 0 FROM wallet w WHERE w.account_id = ANY(p_accounts)
  ON CONFLICT DO NOTHING;
  WITH ending AS (
    SELECT l.*, least(l.expires_at, w.idle_at) AS ends_at FROM lot l JOIN wallet w ON w.account_id = l.account_id
     WHERE l.account_id = ANY(p_accounts)),
  doomed AS MATERIALIZED (
    SELECT n.*, min(n.id) OVER (PARTITION BY n.account_id, n.at) AS debit_id
      FROM (SELECT e.*, least(e.ends_at, p_as_of) AS at, nextval('entry_id') AS id FROM ending e
             WHERE p_all OR e.ends_at <= p_as_of) n),
  drawn AS (
    INSERT INTO allocation(account_id, debit_id, lot_id, amount, drawn_before, funding_id, expires_at)
    SELECT d.account_id, d.debit_id, d.entry_id, d.remaining, d.amount - d.remaining, d.funding_id, d.expires_at
      FROM doomed d),
  booked AS (
    INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, expires_at, program_id, partner_id, currency_id,
                      kind, operation, external_id, request_hash)
    SELECT d.debit_id, d.account_id, a.id, -sum(d.remaining), d.at - interval '1 microsecond', d.at, w.program_id, 0,
           w.currency_id, 6, 7, d.debit_id::text, ''
      FROM doomed d
      JOIN wallet w ON w.account_id = d.account_id
      JOIN account a ON a.program_id = w.program_id AND a.currency_id = w.currency_id AND a.kind = 4 AND a.owner = 0
     GROUP BY d.account_id, d.at, d.debit_id, a.id, w.program_id, w.currency_id
    RETURNING id, account_id, amount, expires_at, program_id, currency_id),
  told AS (
    INSERT INTO outbox(kind, key, payload)
    SELECT 'points.expired', 'program:' || b.program_id,
           jsonb_build_object('program_id', b.program_id, 'currency_id', b.currency_id, 'expired',
             jsonb_agg(jsonb_build_array(b.account_id, b.id, -b.amount, b.expires_at)))
      FROM booked b GROUP BY b.program_id, b.currency_id)
  SELECT array_agg(id) INTO v_ids FROM booked;
  UPDATE wallet w SET undrawn = w.undrawn - s.amount, version = w.version + 1
    FROM (SELECT a.account_id, sum(a.amount) AS amount FROM allocation a
           WHERE a.account_id = ANY(p_accounts) AND a.debit_id = ANY(v_ids) GROUP BY 1) s
   WHERE w.account_id = s.account_id;
  DELETE FROM lot l USING allocation a
   WHERE a.account_id = ANY(p_accounts) AND a.debit_id = ANY(v_ids) AND l.account_id = a.account_id
     AND l.expires_at = a.expires_at AND l.entry_id = a.lot_id;
  GET DIAGNOSTICS v_lots = ROW_COUNT;
  UPDATE wallet w SET idle_at = NULL WHERE w.account_id = ANY(p_accounts) AND w.idle_at <= p_as_of AND w.held = 0;
  RETURN v_lots;
END $$;
