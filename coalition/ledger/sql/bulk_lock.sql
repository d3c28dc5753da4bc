-- Lock the wallets of a wave of debits, in their order, before anything of them is read.
SELECT FROM wallet WHERE account_id IN (SELECT account_id FROM ledger_stage) ORDER BY account_id FOR NO KEY UPDATE
