"""What promotions gave: evaluations, counters of limits and their leases, quotes; products of assortments.

An evaluation keeps what it went by (facts, counters before) and what it came to, so that it can be run again. A counter
is taken within its limit or not at all; that of a hot budget is handed out in leases, so that not every purchase waits
at one row: what a lease has left is part of the counter's `used`, and comes back when the budget runs out.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_sequences

revision = "0036_awarding"
down_revision = "0035_partner_people"

_TABLES = (
    """
    CREATE TABLE assortment_item (
        partner_id int NOT NULL REFERENCES partner,
        sku text COLLATE "C" NOT NULL CONSTRAINT ck_assortment_item_sku CHECK (length(sku) BETWEEN 1 AND 100),
        name_en text NOT NULL DEFAULT '',
        name_ru text NOT NULL DEFAULT '',
        category_path text COLLATE "C" NOT NULL
            CONSTRAINT ck_assortment_item_category CHECK (
                category_path ~ '^[^/]+(/[^/]+)*$' AND length(category_path) <= 300),
        brand text NOT NULL DEFAULT '',
        PRIMARY KEY (partner_id, sku))""",
    """
    ALTER TABLE award
        ALTER COLUMN rule_id DROP NOT NULL,
        ADD COLUMN promotion text,
        ADD COLUMN promotion_version int,
        ADD COLUMN effect smallint,
        ADD COLUMN issuer_id int,
        ADD COLUMN returns text
            CONSTRAINT ck_award_returns CHECK (returns IN ('proportional', 'reevaluate', 'none')),
        ADD CONSTRAINT ck_award_cause CHECK (
            num_nulls(promotion, promotion_version, effect, issuer_id, returns)
            = CASE WHEN rule_id IS NULL THEN 0 ELSE 5 END)""",
    """
    ALTER TABLE event_award
        ALTER COLUMN rule_id DROP NOT NULL,
        ADD COLUMN promotion text,
        ADD COLUMN promotion_version int,
        ADD COLUMN effect smallint,
        ADD CONSTRAINT ck_event_award_cause CHECK (
            num_nulls(promotion, promotion_version, effect) = CASE WHEN rule_id IS NULL THEN 0 ELSE 3 END)""",
    # Grain: one row = one purchase or event that a ruleset was asked about.
    """
    CREATE TABLE evaluation (
        kind text NOT NULL CONSTRAINT ck_evaluation_kind CHECK (kind IN ('purchase', 'event')),
        of_id bigint NOT NULL,
        program_id int NOT NULL,
        ruleset_id int NOT NULL,
        member_id bigint NOT NULL,
        facts jsonb NOT NULL,
        before jsonb NOT NULL,
        used jsonb NOT NULL,
        effects jsonb NOT NULL,
        PRIMARY KEY (kind, of_id))""",
    """
    CREATE TABLE limit_counter (
        program_id int NOT NULL,
        key text COLLATE "C" NOT NULL,
        used bigint NOT NULL CONSTRAINT ck_limit_counter_used CHECK (used >= 0),
        most bigint,
        CONSTRAINT ck_limit_counter_most CHECK (used <= most),
        PRIMARY KEY (program_id, key)) WITH (fillfactor = 60)""",
    # `most` is the limit as it was when the counter was used last; a limit that rolls has none of its own.
    # Grain: one row = what a rolling limit's counter took on a day of the program's zone.
    """
    CREATE TABLE limit_day (
        program_id int NOT NULL,
        key text COLLATE "C" NOT NULL,
        day date NOT NULL,
        used bigint NOT NULL CONSTRAINT ck_limit_day_used CHECK (used >= 0),
        PRIMARY KEY (program_id, key, day))""",
    """
    CREATE TABLE limit_lease (
        program_id int NOT NULL,
        key text COLLATE "C" NOT NULL,
        slot smallint NOT NULL,
        left_over bigint NOT NULL CONSTRAINT ck_limit_lease_left CHECK (left_over >= 0),
        PRIMARY KEY (program_id, key, slot)) WITH (fillfactor = 20)""",
    # Grain: one row = what a return gave back to a counter.
    """
    CREATE TABLE limit_release (
        return_id bigint NOT NULL,
        purchase_id bigint NOT NULL,
        program_id int NOT NULL,
        key text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CONSTRAINT ck_limit_release_amount CHECK (amount > 0),
        PRIMARY KEY (return_id, key))""",
    "CREATE INDEX limit_release_purchase ON limit_release (purchase_id)",
    "CREATE SEQUENCE purchase_quote_id",
    """
    CREATE TABLE purchase_quote (
        id bigint PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        program_id int NOT NULL,
        partner_id int NOT NULL,
        member_id bigint,
        ruleset_id int,
        content bytea NOT NULL,
        discounts jsonb NOT NULL)""",
    # Grain: one row = one discount of a promotion that a purchase was given, through its quote.
    """
    CREATE TABLE purchase_discount (
        purchase_id bigint NOT NULL,
        no smallint NOT NULL,
        quote_id bigint NOT NULL,
        promotion text NOT NULL,
        promotion_version int NOT NULL,
        effect smallint NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT ck_purchase_discount_amount CHECK (amount_minor > 0),
        lines jsonb NOT NULL,
        funding jsonb NOT NULL,
        PRIMARY KEY (purchase_id, no))""",
    "CREATE UNIQUE INDEX purchase_discount_quote ON purchase_discount (quote_id, no)",
    "ALTER TABLE exposure_use DROP CONSTRAINT exposure_use_pkey",
    "ALTER TABLE exposure_use ADD PRIMARY KEY (partner_id, operation, external_id, no, legal_entity_id)",
)

# Takes from a lease of a hot counter that nobody else holds, or makes one out of a hundredth of what is left. Waits for
# the counter only when no lease will do, and then holds none of its leases.
_LEASE = """
    CREATE FUNCTION limit_lease_take(p_program int, p_key text, p_amount bigint, p_limit bigint) RETURNS boolean
    LANGUAGE plpgsql AS $$
    DECLARE
      v_used bigint;
      v_more bigint;
      v_slot smallint;
    BEGIN
      UPDATE limit_lease SET left_over = left_over - p_amount
       WHERE (program_id, key, slot) = (
             SELECT l.program_id, l.key, l.slot FROM limit_lease l
              WHERE l.program_id = p_program AND l.key = p_key AND l.left_over >= p_amount
              LIMIT 1 FOR UPDATE SKIP LOCKED);
      IF FOUND THEN
        RETURN true;
      END IF;
      INSERT INTO limit_counter (program_id, key, used) VALUES (p_program, p_key, 0) ON CONFLICT DO NOTHING;
      SELECT used INTO v_used FROM limit_counter WHERE program_id = p_program AND key = p_key FOR UPDATE;
      v_more := greatest(p_amount, (p_limit - v_used) / 100);
      IF v_used + v_more > p_limit THEN
        RETURN false;
      END IF;
      UPDATE limit_counter SET used = used + v_more, most = p_limit WHERE program_id = p_program AND key = p_key;
      SELECT l.slot INTO v_slot FROM limit_lease l
       WHERE l.program_id = p_program AND l.key = p_key LIMIT 1 FOR UPDATE SKIP LOCKED;
      IF FOUND THEN
        UPDATE limit_lease SET left_over = left_over + v_more - p_amount
         WHERE program_id = p_program AND key = p_key AND slot = v_slot;
      ELSE
        INSERT INTO limit_lease (program_id, key, slot, left_over)
        SELECT p_program, p_key, 1 + coalesce(max(slot), 0), v_more - p_amount FROM limit_lease
         WHERE program_id = p_program AND key = p_key;
      END IF;
      RETURN true;
    END $$"""

# Uses counters within their limits, in the order of their keys: all of them, or none.
_USE = """
    CREATE FUNCTION limit_use(p_program int, p_keys text[], p_amounts bigint[], p_limits bigint[], p_hot boolean[])
    RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      v record;
    BEGIN
      FOR v IN SELECT k.key, k.amount, k.most, k.hot FROM unnest(p_keys, p_amounts, p_limits, p_hot)
                      k(key, amount, most, hot) ORDER BY k.key COLLATE "C" LOOP
        IF v.hot AND limit_lease_take(p_program, v.key, v.amount, v.most) THEN
          CONTINUE;
        END IF;
        INSERT INTO limit_counter AS c (program_id, key, used, most)
        SELECT p_program, v.key, v.amount, v.most WHERE v.amount <= v.most
        ON CONFLICT (program_id, key) DO UPDATE SET used = c.used + excluded.used, most = excluded.most
         WHERE c.used + excluded.used <= v.most;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'beyond a limit' USING ERRCODE = 'CL001';
        END IF;
      END LOOP;
      RETURN true;
    EXCEPTION WHEN SQLSTATE 'CL001' THEN
      RETURN false;
    END $$"""

# Holds counters until the transaction ends, in the order of their keys, and calls their leases in.
# Grain: one row = one counter with what is really used of it.
_LOCK = """
    CREATE FUNCTION limit_lock(p_program int, p_keys text[]) RETURNS TABLE(o_key text, o_used bigint)
    LANGUAGE plpgsql AS $$
    DECLARE
      v_key text;
      v_back bigint;
    BEGIN
      FOR v_key IN SELECT k FROM unnest(p_keys) k ORDER BY k COLLATE "C" LOOP
        INSERT INTO limit_counter (program_id, key, used) VALUES (p_program, v_key, 0) ON CONFLICT DO NOTHING;
        PERFORM FROM limit_counter WHERE program_id = p_program AND key = v_key FOR UPDATE;
        SELECT sum(x.left_over) INTO v_back FROM (
          SELECT left_over FROM limit_lease WHERE program_id = p_program AND key = v_key AND left_over > 0
           ORDER BY slot FOR UPDATE) x;
        IF v_back > 0 THEN
          UPDATE limit_lease SET left_over = 0 WHERE program_id = p_program AND key = v_key AND left_over > 0;
          UPDATE limit_counter SET used = used - v_back WHERE program_id = p_program AND key = v_key;
        END IF;
        RETURN QUERY SELECT v_key, c.used FROM limit_counter c WHERE c.program_id = p_program AND c.key = v_key;
      END LOOP;
    END $$"""


def upgrade() -> None:
    for statement in (*_TABLES, _LEASE, _USE, _LOCK):
        op.execute(statement)
    grant_app("assortment_item", "limit_counter", "limit_day", "limit_lease")
    grant_append_only("evaluation", "limit_release", "purchase_quote", "purchase_discount")
    grant_sequences("purchase_quote_id")
