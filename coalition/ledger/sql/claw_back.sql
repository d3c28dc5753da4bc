-- Claw back points of a credit, as when a purchase is returned: what is left of its own lots first (by the policy
-- `only_pending` as long as they are not usable yet), then from other usable lots, then as a debt up to p_floor, as far
-- as the policy goes; the rest is waived.
-- Grain: one call = one row of `clawback`, which keeps the split for a replay, and up to two journal rows: a debit of the
-- own lots (kind 2, under the key) and a debt for what had been spent (kind 8, under the key with `no` inverted), funded
-- as the credit was. All of a merged wallet happens to the one it was merged into. What other lots pay of that debt at
-- once is netting (`net.sql`). Locks the wallet first.
CREATE OR REPLACE FUNCTION ledger_claw_back(
  p_account bigint, p_credit bigint, p_amount bigint, p_policy text, p_floor bigint, p_contra bigint,
  p_occurred timestamptz, p_program int, p_partner int, p_currency int, p_operation smallint, p_external_id text,
  p_no smallint, p_hash bytea, OUT debit_id bigint, OUT debt_id bigint, OUT own bigint, OUT others bigint,
  OUT owed bigint, OUT waived bigint, OUT replayed boolean, OUT refused text, OUT available bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_home bigint;
  v_wallet wallet;
  v_known clawback;
  v_credit entry;
  v_own bigint[];
BEGIN
  v_home := ledger_home(p_account);
  SELECT w.* INTO v_wallet FROM wallet w WHERE w.account_id = v_home;
  SELECT c.* INTO v_known FROM clawback c
   WHERE c.partner_id = p_partner AND c.operation = p_operation AND c.external_id = p_external_id AND c.no = p_no;
  replayed := coalesce(v_known.account_id = p_account AND v_known.credit_id = p_credit
                       AND v_known.request_hash = p_hash, false);
  SELECT e.* INTO v_credit FROM entry e WHERE e.account_id = p_account AND e.id = p_credit AND e.kind = 1;
  available := v_credit.amount - ledger_clawed(p_account, p_credit);
  refused := CASE WHEN replayed THEN NULL WHEN v_known.no IS NOT NULL THEN 'external_id_conflict'
                  WHEN v_credit.id IS NULL THEN 'not_found' WHEN p_amount > available THEN 'return_exceeded' END;
  IF replayed OR refused IS NOT NULL THEN
    SELECT v_known.debit_id, v_known.debt_id, v_known.own, v_known.others, v_known.owed, v_known.waived
      INTO debit_id, debt_id, own, others, owed, waived;
    RETURN;
  END IF;
  IF v_wallet.idle_at <= now() THEN
    PERFORM ledger_end(ARRAY[v_home], now(), false);
  END IF;
  SELECT coalesce(array_agg(l.entry_id), '{}'), least(p_amount, coalesce(sum(l.remaining), 0)) INTO v_own, own FROM lot l
   WHERE l.account_id = v_home AND l.expires_at > now()
     AND (p_policy <> 'only_pending' OR l.active_at > now()) AND (l.entry_id = p_credit OR l.entry_id IN (
         SELECT e.id FROM entry e WHERE e.account_id = v_home AND e.root_id = p_credit));
  others := 0;
  IF p_policy <> 'only_pending' AND own < p_amount THEN
    SELECT least(p_amount - own, coalesce(sum(l.remaining), 0)) INTO others FROM lot l
     WHERE l.account_id = v_home AND l.expires_at > now() AND l.active_at <= now() AND l.restriction_id IS NULL
       AND l.entry_id <> ALL(v_own);
  END IF;
  owed := CASE WHEN p_policy = 'arrears'
               THEN least(p_amount - own - others, greatest(p_floor - v_wallet.arrears, 0)) ELSE 0 END;
  waived := p_amount - own - others - owed;
  debit_id := CASE WHEN own > 0 THEN nextval('entry_id') END;
  debt_id := CASE WHEN others + owed > 0 THEN nextval('entry_id') END;
  BEGIN
    INSERT INTO clawback(account_id, credit_id, partner_id, operation, external_id, no, request_hash, home_id, debit_id,
                         debt_id, own, others, owed, waived)
    VALUES (p_account, p_credit, p_partner, p_operation, p_external_id, p_no, p_hash, v_home, debit_id, debt_id,
            own, others, owed, waived);
    IF own > 0 THEN
      PERFORM ledger_claw_own(v_home, v_credit, v_own, debit_id, own, p_contra, p_occurred, p_partner, p_operation,
                              p_external_id, p_no, p_hash);
    END IF;
    IF others + owed > 0 THEN
      PERFORM ledger_owe(v_home, v_credit, debt_id, others + owed, p_contra, p_occurred, p_partner, p_operation,
                         p_external_id, (-1 - p_no)::smallint, p_hash);
    END IF;
  EXCEPTION WHEN unique_violation THEN
    SELECT NULL, NULL, 'external_id_conflict' INTO debit_id, debt_id, refused;
    RETURN;
  END;
  IF others > 0 THEN
    PERFORM ledger_net(v_home, debt_id, others, NULL);
  END IF;
END $$;
