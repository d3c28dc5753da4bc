-- A ledger of accounts with balances, re-created from reading the public repository pgr0ss/pgledger (none of its text is
-- used): text ids over uuidv7, numeric amounts, a transfer with two entries that carry the balance before and after,
-- the same keys, indexes and references, and one function that makes many transfers: it locks all accounts in their
-- order, updates both balances of each transfer, checks them, and returns the transfers.
CREATE TABLE holder (
  id text PRIMARY KEY, name text NOT NULL, currency text NOT NULL, balance numeric NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0, may_be_negative boolean NOT NULL, may_be_positive boolean NOT NULL,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE transfer (
  id text PRIMARY KEY DEFAULT 't_' || uuidv7()::text, source text NOT NULL REFERENCES holder,
  target text NOT NULL REFERENCES holder, amount numeric NOT NULL, created_at timestamptz NOT NULL,
  event_at timestamptz NOT NULL, metadata jsonb, CHECK (amount > 0 AND source <> target));
CREATE INDEX ON transfer (source);
CREATE INDEX ON transfer (target);
CREATE INDEX ON transfer (event_at);
CREATE TABLE movement (
  id text PRIMARY KEY DEFAULT 'm_' || uuidv7()::text, holder_id text NOT NULL REFERENCES holder,
  transfer_id text NOT NULL REFERENCES transfer, amount numeric NOT NULL, before numeric NOT NULL,
  after numeric NOT NULL, holder_version bigint NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX ON movement (holder_id);
CREATE INDEX ON movement (transfer_id);
CREATE TYPE wish AS (source text, target text, amount numeric);

CREATE FUNCTION check_sign(of holder) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF of.balance < 0 AND NOT of.may_be_negative OR of.balance > 0 AND NOT of.may_be_positive THEN
    RAISE EXCEPTION 'holder % may not have %', of.id, of.balance;
  END IF;
END $$;

CREATE FUNCTION make_transfers(wishes wish[], at timestamptz DEFAULT NULL) RETURNS SETOF transfer LANGUAGE plpgsql AS $$
DECLARE
  asked wish;
  made text[] := '{}';
  one text;
  giver holder;
  taker holder;
BEGIN
  FOR one IN SELECT DISTINCT unnest(ARRAY[w.source, w.target]) AS id FROM unnest(wishes) w ORDER BY id LOOP
    PERFORM h.id FROM holder h WHERE h.id = one FOR UPDATE;
  END LOOP;
  FOREACH asked IN ARRAY wishes LOOP
    IF asked.amount <= 0 OR asked.source = asked.target THEN
      RAISE EXCEPTION 'impossible transfer';
    END IF;
    UPDATE holder h SET balance = h.balance - asked.amount, version = h.version + 1, updated_at = now()
     WHERE h.id = asked.source RETURNING * INTO giver;
    PERFORM check_sign(giver);
    UPDATE holder h SET balance = h.balance + asked.amount, version = h.version + 1, updated_at = now()
     WHERE h.id = asked.target RETURNING * INTO taker;
    PERFORM check_sign(taker);
    IF giver.currency <> taker.currency THEN
      RAISE EXCEPTION 'two currencies';
    END IF;
    INSERT INTO transfer (source, target, amount, created_at, event_at)
    VALUES (asked.source, asked.target, asked.amount, now(), coalesce(at, now())) RETURNING id INTO one;
    made := made || one;
    INSERT INTO movement (holder_id, transfer_id, amount, before, after, holder_version, created_at)
    VALUES (asked.source, one, -asked.amount, giver.balance + asked.amount, giver.balance, giver.version, now());
    INSERT INTO movement (holder_id, transfer_id, amount, before, after, holder_version, created_at)
    VALUES (asked.target, one, asked.amount, taker.balance - asked.amount, taker.balance, taker.version, now());
  END LOOP;
  RETURN QUERY SELECT t.* FROM transfer t WHERE t.id = ANY(made) ORDER BY t.id;
END $$;
