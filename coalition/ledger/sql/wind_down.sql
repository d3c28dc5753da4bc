-- The sweep of a program that is over.
-- Grain: one call = at most about p_limit lots of a program that ends; they end at p_as_of at the latest.
CREATE OR REPLACE FUNCTION ledger_wind_down(p_program int, p_as_of timestamptz, p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  v_accounts bigint[];
BEGIN
  SELECT array_agg(w.account_id) INTO v_accounts FROM (
    SELECT w.account_id FROM wallet w
     WHERE w.account_id IN (SELECT l.account_id FROM lot l JOIN account a ON a.id = l.account_id
                             WHERE a.program_id = p_program LIMIT p_limit)
     ORDER BY w.account_id FOR NO KEY UPDATE SKIP LOCKED) w;
  RETURN CASE WHEN v_accounts IS NULL THEN 0 ELSE ledger_end(v_accounts, p_as_of, true) END;
END $$;
