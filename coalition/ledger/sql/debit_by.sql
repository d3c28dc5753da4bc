-- Spend points by another rule than first expiring first, with restricted lots, or where idleness ends the points.
-- Grain: one call = one journal row (kind 2 or 3) and its draws, as `debit.sql`, whose fast path knows none of this.
-- `no` is the place in the order of the draw; 0 for all where that is the order of expiry, as on the fast path.
CREATE OR REPLACE FUNCTION ledger_debit_by(
  p_account bigint, p_contra bigint, p_amount bigint, p_occurred timestamptz, p_program int, p_partner int,
  p_currency int, p_kind smallint, p_operation smallint, p_external_id text, p_no smallint, p_hash bytea,
  p_rule smallint, p_restrictions int[], p_caps bigint[], p_idle timestamptz,
  OUT entry_id bigint, OUT replayed boolean, OUT refused text, OUT undrawn bigint, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_idle timestamptz;
  v_lots bigint[]; v_ends timestamptz[]; v_amounts bigint[]; v_before bigint[]; v_fundings int[];
BEGIN
  SELECT w.idle_at INTO v_idle FROM wallet w WHERE w.account_id = p_account FOR NO KEY UPDATE;
  available := 0;
  IF v_idle IS NULL OR v_idle > now() THEN
    SELECT coalesce(sum(c.amount), 0), array_agg(c.lot_id ORDER BY c.no), array_agg(c.expires_at ORDER BY c.no),
           array_agg(c.amount ORDER BY c.no), array_agg(c.drawn_before ORDER BY c.no),
           array_agg(c.funding_id ORDER BY c.no)
      INTO available, v_lots, v_ends, v_amounts, v_before, v_fundings
      FROM ledger_choose(p_account, p_amount, p_rule, p_restrictions, p_caps) c;
  END IF;
  IF available >= p_amount THEN
    INSERT INTO entry(account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id,
                      kind, operation, external_id, no, request_hash)
    VALUES (p_account, p_contra, -p_amount, p_occurred, p_program, p_partner, p_currency,
            p_kind, p_operation, p_external_id, p_no, p_hash)
    ON CONFLICT DO NOTHING RETURNING id INTO entry_id;
  END IF;
  IF entry_id IS NULL THEN
    SELECT r.* INTO entry_id, refused, undrawn
      FROM ledger_replay(p_account, p_partner, p_operation, p_external_id, p_no, p_hash,
        CASE WHEN available < p_amount THEN 'insufficient_points' ELSE 'external_id_conflict' END) r;
    replayed := entry_id IS NOT NULL;
    RETURN;
  END IF;
  replayed := false;
  INSERT INTO allocation(account_id, debit_id, lot_id, expires_at, amount, drawn_before, funding_id, no)
  SELECT p_account, ledger_debit_by.entry_id, u.lot_id, u.ends, u.amount, u.before, u.funding,
         CASE WHEN p_rule = 0 AND p_restrictions = '{}' THEN 0 ELSE u.no END
    FROM unnest(v_lots, v_ends, v_amounts, v_before, v_fundings)
         WITH ORDINALITY u(lot_id, ends, amount, before, funding, no);
  PERFORM ledger_take(p_account, entry_id);
  UPDATE wallet AS w SET undrawn = w.undrawn - p_amount, version = w.version + 1,
                         held = w.held + CASE WHEN p_kind = 3 THEN p_amount ELSE 0 END,
                         idle_at = greatest(w.idle_at, p_idle)
   WHERE w.account_id = p_account RETURNING w.undrawn INTO undrawn;
END $$;
