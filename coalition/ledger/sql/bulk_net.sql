-- What the new lots of a wave pay of their wallets' arrears: what `credit.sql` does for one.
-- Grain: one row = one new lot of a wallet that owes, in the order of the wave, with the wallet's points afterwards.
SELECT s.account_id, ledger_net_lot(s.account_id, s.id)
  FROM (SELECT account_id, id FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY u(account_id, id, place)
         ORDER BY place OFFSET 0) s
