-- Add a wave's points to wallets that exist, in the order of their ids. Grain: one row back = one wallet, with its points
-- after the wave and whether it owes (`bulk_net.sql`).
INSERT INTO wallet AS w (account_id, undrawn, program_id, currency_id)
SELECT s.* FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[]) s
ON CONFLICT (account_id) DO UPDATE SET undrawn = w.undrawn + excluded.undrawn, version = w.version + 1
RETURNING account_id, undrawn, arrears > 0
