"""How much an entity may fund before it has paid: limits, the parts in which they are leased out, and their use.

A limit is leased out in parts. A purchase takes from a part that nobody else holds (`SKIP LOCKED`), so that a limit has
no row at which all purchases of a partner queue, and nobody ever waits for a part. What is used is the limit less what
its parts have left. Amounts are millionths of the program's whole money.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

revision = "0032_exposure"
down_revision = "0031_reports"

_TABLES = (
    """
    CREATE TABLE exposure_limit (
        legal_entity_id int PRIMARY KEY REFERENCES legal_entity,
        program_id int NOT NULL REFERENCES program,
        kind text NOT NULL CONSTRAINT ck_exposure_limit_kind CHECK (kind IN ('credit', 'prefund')),
        policy text NOT NULL CONSTRAINT ck_exposure_limit_policy CHECK (policy IN ('decline', 'throttle')),
        cap bigint NOT NULL CONSTRAINT ck_exposure_limit_cap CHECK (cap >= 0),
        price bigint NOT NULL CONSTRAINT ck_exposure_limit_price CHECK (price > 0),
        deficit bigint NOT NULL DEFAULT 0 CONSTRAINT ck_exposure_limit_deficit CHECK (deficit >= 0),
        active boolean NOT NULL DEFAULT true,
        set_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX exposure_limit_program ON exposure_limit (program_id)",
    """
    CREATE TABLE exposure_part (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        legal_entity_id int NOT NULL REFERENCES exposure_limit,
        available bigint NOT NULL CONSTRAINT ck_exposure_part_available CHECK (available >= 0))
        WITH (fillfactor = 20)""",
    "CREATE INDEX exposure_part_entity ON exposure_part (legal_entity_id)",
    # Grain: one row = one award that was asked for; `units` were granted for `amount`, `declined` were not.
    """
    CREATE TABLE exposure_use (
        partner_id int NOT NULL,
        operation smallint NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        no smallint NOT NULL,
        legal_entity_id int NOT NULL,
        units bigint NOT NULL CONSTRAINT ck_exposure_use_units CHECK (units >= 0),
        declined bigint NOT NULL DEFAULT 0 CONSTRAINT ck_exposure_use_declined CHECK (declined >= 0),
        amount bigint NOT NULL CONSTRAINT ck_exposure_use_amount CHECK (amount >= 0),
        currency_id int NOT NULL,
        promotion text NOT NULL DEFAULT '',
        at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (partner_id, operation, external_id, no))""",
    "CREATE INDEX exposure_use_declined ON exposure_use (legal_entity_id, at) WHERE declined > 0",
    """
    CREATE TABLE exposure_freeing (
        legal_entity_id int NOT NULL REFERENCES exposure_limit,
        key text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CONSTRAINT ck_exposure_freeing_amount CHECK (amount >= 0),
        at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (legal_entity_id, key))""",
)

# Takes p_need from the parts of an entity that nobody else holds; with p_partly as much of it as there is.
# Grain: one call = what was taken: p_need, or less (0 unless p_partly), never more than the parts had.
_TAKE = """
    CREATE FUNCTION exposure_take(p_entity int, p_need bigint, p_partly boolean) RETURNS bigint
    LANGUAGE plpgsql AS $$
    DECLARE
      v_left bigint := p_need;
      v_id bigint;
      v_last bigint;
      v_available bigint;
    BEGIN
      UPDATE exposure_part SET available = available - p_need WHERE id = (
        SELECT p.id FROM exposure_part p
         WHERE p.legal_entity_id = p_entity AND p.available >= p_need LIMIT 1 FOR UPDATE SKIP LOCKED);
      IF FOUND THEN
        RETURN p_need;
      END IF;
      WHILE v_left > 0 LOOP
        SELECT p.id, p.available INTO v_id, v_available FROM exposure_part p
         WHERE p.legal_entity_id = p_entity AND p.available >= v_left LIMIT 1 FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
          SELECT p.id, p.available INTO v_id, v_available FROM exposure_part p
           WHERE p.legal_entity_id = p_entity AND p.available > 0
           ORDER BY p.available DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
        END IF;
        EXIT WHEN NOT FOUND;
        UPDATE exposure_part SET available = available - least(v_available, v_left) WHERE id = v_id;
        v_left := v_left - least(v_available, v_left);
        v_last := v_id;
      END LOOP;
      IF v_left > 0 AND v_left < p_need AND NOT p_partly THEN
        UPDATE exposure_part SET available = available + p_need - v_left WHERE id = v_last;
        RETURN 0;
      END IF;
      RETURN p_need - v_left;
    END $$"""

# Grants awards of one entity, all of them or none, and writes down what each uses.
_SPEND = """
    CREATE FUNCTION exposure_spend(p_entity int, p_partner int, p_operation smallint, p_ids text[], p_nos smallint[],
                                   p_units bigint[], p_amounts bigint[], p_currencies int[]) RETURNS boolean
    LANGUAGE plpgsql AS $$
    DECLARE
      v_need bigint := (SELECT sum(a) FROM unnest(p_amounts) a);
    BEGIN
      IF exposure_take(p_entity, v_need, false) < v_need THEN
        RETURN false;
      END IF;
      INSERT INTO exposure_use (partner_id, operation, external_id, no, legal_entity_id, units, amount, currency_id)
      SELECT p_partner, p_operation, u.id, u.no, p_entity, u.units, u.amount, u.currency
        FROM unnest(p_ids, p_nos, p_units, p_amounts, p_currencies) u(id, no, units, amount, currency);
      RETURN true;
    END $$"""

# Puts an amount back, once for a key. What a lowered limit lacks is made good first; the rest goes to a part that
# nobody holds, or becomes a part of its own.
_FREE = """
    CREATE FUNCTION exposure_free(p_entity int, p_key text, p_amount bigint) RETURNS boolean
    LANGUAGE plpgsql AS $$
    DECLARE
      v_rest bigint := p_amount;
      v_deficit bigint;
      v_id bigint;
    BEGIN
      INSERT INTO exposure_freeing (legal_entity_id, key, amount) VALUES (p_entity, p_key, p_amount)
      ON CONFLICT DO NOTHING;
      IF NOT FOUND THEN
        RETURN false;
      END IF;
      IF EXISTS (SELECT FROM exposure_limit WHERE legal_entity_id = p_entity AND deficit > 0) THEN
        SELECT deficit INTO v_deficit FROM exposure_limit WHERE legal_entity_id = p_entity FOR NO KEY UPDATE;
        UPDATE exposure_limit SET deficit = deficit - least(v_deficit, p_amount) WHERE legal_entity_id = p_entity;
        v_rest := p_amount - least(v_deficit, p_amount);
      END IF;
      IF v_rest > 0 THEN
        SELECT p.id INTO v_id FROM exposure_part p
         WHERE p.legal_entity_id = p_entity ORDER BY p.available LIMIT 1 FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
          UPDATE exposure_part SET available = available + v_rest WHERE id = v_id;
        ELSE
          INSERT INTO exposure_part (legal_entity_id, available) VALUES (p_entity, v_rest);
        END IF;
      END IF;
      RETURN true;
    END $$"""


def upgrade() -> None:
    for statement in (*_TABLES, _TAKE, _SPEND, _FREE):
        op.execute(statement)
    grant_app("exposure_limit", "exposure_part")
    grant_append_only("exposure_use", "exposure_freeing")
