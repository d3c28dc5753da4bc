-- Move forward the end of the wallets whose points end with inactivity, before a wave of credits comes to them.
-- Grain: one row = one such wallet, in their order. A posting that is known already moves nothing.
SELECT ledger_awaken(a.account_id, a.program_id, a.currency_id, a.idle_at)
  FROM (SELECT s.account_id, min(s.program_id) AS program_id, min(s.currency_id) AS currency_id, max(s.idle_at) AS idle_at
          FROM ledger_stage s
         WHERE s.idle_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM entry e WHERE e.partner_id = s.partner_id AND e.operation = s.operation
                  AND e.external_id = s.external_id AND e.no = s.no)
         GROUP BY 1 ORDER BY 1 OFFSET 0) a
