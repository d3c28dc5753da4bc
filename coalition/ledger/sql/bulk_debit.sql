-- The journal rows of the admitted debits. Grain: one row a debit. If fewer come to be than were staged, a key stands on
-- another account, and the wave is done one by one instead.
INSERT INTO entry(id, account_id, contra_id, amount, occurred_at, program_id, partner_id, currency_id, kind,
                  operation, external_id, no, request_hash)
SELECT id, account_id, contra_id, -amount, occurred_at, program_id, partner_id, currency_id, 2,
       operation, external_id, no, request_hash
  FROM ledger_stage ORDER BY partner_id, operation, external_id, no
ON CONFLICT DO NOTHING
