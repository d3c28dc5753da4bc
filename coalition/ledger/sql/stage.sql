-- Where a wave of postings is copied to: seen by this session only, empty again after each transaction.
CREATE TEMP TABLE IF NOT EXISTS ledger_stage (
  id bigint NOT NULL DEFAULT nextval('entry_id'), place int NOT NULL,
  account_id bigint NOT NULL, contra_id bigint NOT NULL, amount bigint NOT NULL, occurred_at timestamptz NOT NULL,
  program_id int NOT NULL, partner_id int NOT NULL, currency_id int NOT NULL, operation smallint NOT NULL,
  external_id text COLLATE "C" NOT NULL, no smallint NOT NULL, request_hash bytea NOT NULL,
  expires_at timestamptz, active_at timestamptz, funding_id int, restriction_id int, idle_at timestamptz,
  rule smallint, restrictions int[], caps bigint[]) ON COMMIT DELETE ROWS
