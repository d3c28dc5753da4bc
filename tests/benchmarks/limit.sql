-- The physical limit that posting is measured against: the same kind of rows (entry, two postings, lot, wallet) by hand,
-- with nothing else. No funding, no draws, no replays, no refusals, no checks.
CREATE TABLE entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, recorded_at timestamptz NOT NULL DEFAULT now(),
  occurred_at timestamptz NOT NULL, program_id int NOT NULL, partner_id int NOT NULL, operation smallint NOT NULL,
  external_id text COLLATE "C" NOT NULL, no smallint NOT NULL DEFAULT 0, request_hash bytea NOT NULL);
CREATE TABLE posting (
  entry_id bigint, account_id bigint, currency_id int NOT NULL, amount bigint NOT NULL, PRIMARY KEY (account_id, entry_id));
CREATE TABLE lot (
  account_id bigint, expires_at timestamptz, entry_id bigint, amount bigint NOT NULL, remaining bigint NOT NULL,
  funding_id int NOT NULL, PRIMARY KEY (account_id, expires_at, entry_id)) WITH (fillfactor = 85);
CREATE TABLE wallet (
  account_id bigint PRIMARY KEY, undrawn bigint NOT NULL, version bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);
