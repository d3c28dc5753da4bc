-- Debits by rule or with restrictions, one after the other in the order of the wave, without a round trip for each.
-- Grain: one row = one staged debit and what became of it, as `debit_by.sql` tells.
SELECT s.place, d.* FROM (SELECT * FROM ledger_stage ORDER BY place OFFSET 0) s
 CROSS JOIN LATERAL ledger_debit_by(s.account_id, s.contra_id, s.amount, s.occurred_at, s.program_id, s.partner_id,
   s.currency_id, 2::smallint, s.operation, s.external_id, s.no, s.request_hash, s.rule, s.restrictions, s.caps, s.idle_at) d
