-- What comes back of a debit draw by draw, where that is no stretch of it: some of every draw, in proportion to what may
-- still come back of it, by largest remainder, ties to the earlier draw; or last drawn first after such a return.
-- Grain: one call = one return, written down in `restored` under the next turn of the debit, which it answers. The first
-- time, what came back last drawn first before is written down as turn 0. Of each draw its last points come back first.
-- p_left is how many points of the debit may still come back, no fewer than p_amount. The caller holds the wallet's lock.
CREATE OR REPLACE FUNCTION ledger_restoring(
  p_account bigint, p_debit bigint, p_left bigint, p_amount bigint, p_in_proportion boolean) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  v_turn int;
BEGIN
  SELECT max(r.turn) + 1 INTO v_turn FROM restored r WHERE r.account_id = p_account AND r.debit_id = p_debit;
  IF v_turn IS NULL THEN
    v_turn := 1;
    INSERT INTO restored(account_id, debit_id, lot_id, turn, amount, drawn_before)
    SELECT p_account, p_debit, s.lot_id, 0, s.amount, s.drawn_before
      FROM entry e, ledger_slice(p_account, p_debit, p_left, -e.amount - p_left) s
     WHERE e.account_id = p_account AND e.id = p_debit;
  END IF;
  INSERT INTO restored(account_id, debit_id, lot_id, turn, amount, drawn_before)
  SELECT p_account, p_debit, t.lot_id, v_turn, t.taken, t.drawn_before + t.rest - t.taken FROM (
    SELECT s.lot_id, s.drawn_before, s.rest, CASE WHEN p_in_proportion
             THEN s.base + (row_number() OVER (ORDER BY s.over DESC, s.at) <= p_amount - sum(s.base) OVER ())::int
             ELSE least(s.rest, greatest(0, p_amount - (sum(s.rest) OVER (ORDER BY s.at DESC) - s.rest)))
           END::bigint AS taken
      FROM (SELECT d.*, div(p_amount::numeric * d.rest, p_left) AS base, mod(p_amount::numeric * d.rest, p_left) AS over
              FROM (SELECT a.lot_id, a.drawn_before, a.amount - coalesce(sum(r.amount), 0)::bigint AS rest,
                           row_number() OVER (ORDER BY a.no, a.expires_at, a.lot_id) AS at
                      FROM allocation a
                      LEFT JOIN restored r ON r.account_id = a.account_id AND r.debit_id = a.debit_id
                                          AND r.lot_id = a.lot_id
                     WHERE a.account_id = p_account AND a.debit_id = p_debit
                     GROUP BY a.account_id, a.debit_id, a.lot_id) d) s) t
   WHERE t.taken > 0;
  RETURN v_turn;
END $$;

-- The draws, or parts of draws, that come back: the stretch [p_from, p_from + p_amount) of the debit, or what is written
-- down of a turn. Grain: one row = one lot, with the position in that lot at which it starts.
CREATE OR REPLACE FUNCTION ledger_coming_back(
  p_account bigint, p_debit bigint, p_from bigint, p_amount bigint, p_turn int)
RETURNS TABLE(lot_id bigint, amount bigint, drawn_before bigint, funding_id int, expires_at timestamptz, no int)
LANGUAGE sql STABLE ROWS 4 AS $$
  SELECT s.lot_id, s.amount, s.drawn_before, s.funding_id, s.expires_at, s.no
    FROM ledger_slice(p_account, p_debit, p_from, p_amount) s WHERE p_turn IS NULL
   UNION ALL
  SELECT r.lot_id, r.amount, r.drawn_before, a.funding_id, a.expires_at, a.no
    FROM restored r
    JOIN allocation a ON a.account_id = r.account_id AND a.debit_id = r.debit_id AND a.lot_id = r.lot_id
   WHERE r.account_id = p_account AND r.debit_id = p_debit AND r.turn = p_turn
$$;
