"""Personal price rules and grants, the price book, delivery tariffs, cash parts of quotes.

A rule's terms stand twice: in `price_rule` as they are in force, and in `price_rule_version` for ever. `rule_price` and
`price_base` are computed from them and may be thrown away. Points are minor units of the program's main currency.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_read, grant_sequences

revision = "0020_prices"
down_revision = "0019_rewards"

_TERMS = """
        name_en text NOT NULL,
        name_ru text NOT NULL,
        scope text NOT NULL,
        scope_id bigint,
        effect text NOT NULL,
        value bigint NOT NULL,
        priority int NOT NULL,
        stackable boolean NOT NULL,
        floor_points bigint NOT NULL,
        segment text,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz,
        points_budget bigint,
        uses_budget bigint"""

_RULES = (
    # the factor of a rule as ten-thousandths, exact for all but fixed prices
    f"""
    CREATE TABLE price_rule (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        code text NOT NULL CONSTRAINT ck_price_rule_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{{0,39}}$'),
        state text NOT NULL DEFAULT 'active' CONSTRAINT ck_price_rule_state CHECK (state IN ('active', 'stopped')),
        version int NOT NULL CONSTRAINT ck_price_rule_version CHECK (version >= 1),
        {_TERMS},
        points_spent bigint NOT NULL DEFAULT 0,
        uses_spent bigint NOT NULL DEFAULT 0,
        book_version bigint NOT NULL DEFAULT 0,
        CONSTRAINT ck_price_rule_scope CHECK (scope IN ('all', 'category', 'supplier', 'reward', 'delivery')
            AND (scope IN ('all', 'delivery')) = (scope_id IS NULL)),
        CONSTRAINT ck_price_rule_effect CHECK (CASE effect WHEN 'percent' THEN value BETWEEN 1 AND 10000
            WHEN 'multiplier' THEN value BETWEEN 1 AND 10000 WHEN 'fixed' THEN value >= 0 ELSE false END),
        CONSTRAINT ck_price_rule_stackable CHECK (NOT (stackable AND effect = 'fixed')),
        CONSTRAINT ck_price_rule_priority CHECK (priority BETWEEN 0 AND 1000),
        CONSTRAINT ck_price_rule_floor CHECK (floor_points >= CASE WHEN scope = 'delivery' THEN 0 ELSE 1 END),
        CONSTRAINT ck_price_rule_segment CHECK (segment ~ '^(everyone|(tier|plan|list):[a-z0-9][a-z0-9._-]{{0,39}})$'),
        CONSTRAINT ck_price_rule_valid CHECK (valid_to > valid_from),
        CONSTRAINT ck_price_rule_points CHECK (0 <= points_spent AND points_spent <= coalesce(points_budget,
            points_spent)),
        CONSTRAINT ck_price_rule_uses CHECK (0 <= uses_spent AND uses_spent <= coalesce(uses_budget, uses_spent)),
        CONSTRAINT uq_price_rule_code UNIQUE (program_id, code)) WITH (fillfactor = 70)""",
    f"""
    CREATE TABLE price_rule_version (
        rule_id bigint NOT NULL REFERENCES price_rule,
        version int NOT NULL,
        {_TERMS},
        actor text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (rule_id, version))""",
    """
    CREATE TABLE price_grant (
        member_id bigint NOT NULL,
        rule_id bigint NOT NULL REFERENCES price_rule,
        value bigint CONSTRAINT ck_price_grant_value CHECK (value >= 0),
        valid_to timestamptz NOT NULL,
        uses int,
        used int NOT NULL DEFAULT 0,
        granted_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (member_id, rule_id),
        CONSTRAINT ck_price_grant_uses CHECK (0 <= used AND used <= coalesce(uses, used))) WITH (fillfactor = 90)""",
    "CREATE INDEX price_grant_rule ON price_grant (rule_id)",
    """
    CREATE TABLE price_segment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        code text NOT NULL CONSTRAINT ck_price_segment_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
        name_en text NOT NULL,
        name_ru text NOT NULL,
        CONSTRAINT uq_price_segment_code UNIQUE (program_id, code))""",
    """
    CREATE TABLE price_segment_member (
        member_id bigint NOT NULL,
        segment_id bigint NOT NULL REFERENCES price_segment,
        PRIMARY KEY (member_id, segment_id))""",
    "CREATE INDEX price_segment_member_of ON price_segment_member (segment_id)",
    # Grain: one row = one segment that a member is in by its tier or by a subscription that runs.
    """
    CREATE VIEW member_segments AS
    SELECT m.id AS member_id, m.program_id, 'tier:' || m.tier AS segment FROM member m
     UNION ALL
    SELECT s.member_id, s.program_id, 'plan:' || p.code
      FROM subscription s
      JOIN subscription_plan p ON p.id = s.plan_id
     WHERE s.state <> 'lapsed' AND s.ends_at > now()""",
)

_BOOK = (
    "CREATE SEQUENCE pricebook_version",  # never the same twice, not even after a rollback
    """
    CREATE TABLE pricebook (
        program_id int PRIMARY KEY,
        version bigint NOT NULL,
        base_version bigint NOT NULL,
        rebuilt_at timestamptz NOT NULL DEFAULT now())""",
    """
    CREATE TABLE price_base (
        reward_id bigint PRIMARY KEY,
        program_id int NOT NULL,
        points bigint NOT NULL,
        category_path int[] NOT NULL,
        supplier_id bigint NOT NULL,
        version bigint NOT NULL)""",
    "CREATE INDEX price_base_program ON price_base (program_id, reward_id)",
    """
    CREATE TABLE rule_price (
        reward_id bigint NOT NULL,
        rule_id bigint NOT NULL,
        points bigint NOT NULL CONSTRAINT ck_rule_price_points CHECK (points > 0),
        PRIMARY KEY (reward_id, rule_id) INCLUDE (points))""",
    "CREATE INDEX rule_price_rule ON rule_price (rule_id) INCLUDE (reward_id, points)",
    """
    CREATE TABLE price_rise (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        reward_id bigint NOT NULL,
        from_points bigint NOT NULL,
        to_points bigint NOT NULL,
        risen_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_price_rise CHECK (to_points > from_points))""",
    "CREATE INDEX price_rise_reward ON price_rise (reward_id, risen_at)",
    "CREATE AGGREGATE price_product(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1')",
)

_QUOTES = (
    "CREATE INDEX quote_held ON quote (member_id) WHERE state = 'active'",
    """
    ALTER TABLE quote
        ADD supersedes bigint REFERENCES quote,
        ADD pricebook_version bigint,
        ADD face_minor numeric,
        ADD cash_currency text,
        ADD points_min bigint,
        ADD points_max bigint,
        ADD points_step bigint,
        ADD cash_min_minor bigint,
        ADD delivery_tender text,
        ADD pay_points bigint,
        ADD cash_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_quote_cash CHECK (cash_minor >= 0),
        ADD pickup_code text,
        ADD given_back_at timestamptz,
        ADD CONSTRAINT ck_quote_given_back CHECK (given_back_at IS NULL OR state = 'used'),
        ADD CONSTRAINT ck_quote_pay CHECK (pay_points BETWEEN 0 AND goods_points + delivery_points),
        ADD CONSTRAINT ck_quote_limits CHECK (0 <= points_min AND points_min <= points_max)""",
    """
    ALTER TABLE quote_line
        ADD base_points bigint,
        ADD rule_id bigint,
        ADD rule_version int,
        ADD weight_g int,
        ADD volume_cm3 bigint,
        ADD pay_points bigint,
        ADD cash_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_quote_line_cash CHECK (cash_minor >= 0),
        ADD CONSTRAINT ck_quote_line_base CHECK (base_points >= unit_points)""",
    """
    ALTER TABLE quote_delivery
        ADD base_points bigint,
        ADD carrier text,
        ADD zone text,
        ADD tariff_id bigint,
        ADD chargeable_g bigint,
        ADD pay_points bigint,
        ADD cash_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_quote_delivery_cash CHECK (cash_minor >= 0),
        ADD CONSTRAINT ck_quote_delivery_base CHECK (base_points >= points)""",
    # the rules that made a line's price (line 0 is all delivery), with the points that each took off it
    """
    CREATE TABLE quote_rule (
        quote_id bigint NOT NULL REFERENCES quote,
        line_no smallint NOT NULL,
        rule_id bigint NOT NULL,
        rule_version int NOT NULL,
        granted boolean NOT NULL,
        pieces int NOT NULL CONSTRAINT ck_quote_rule_pieces CHECK (pieces > 0),
        points bigint NOT NULL CONSTRAINT ck_quote_rule_points CHECK (points >= 0),
        counted boolean NOT NULL DEFAULT false,
        PRIMARY KEY (quote_id, line_no, rule_id),
        FOREIGN KEY (rule_id, rule_version) REFERENCES price_rule_version)""",
    "CREATE INDEX quote_rule_rule ON quote_rule (rule_id) WHERE counted",
    """
    CREATE TABLE cash_policy (
        program_id int PRIMARY KEY,
        currency text NOT NULL CONSTRAINT ck_cash_policy_currency CHECK (currency ~ '^[A-Z]{3}$'),
        points_min_bp int NOT NULL,
        points_max_bp int NOT NULL,
        cash_min_minor bigint NOT NULL CONSTRAINT ck_cash_policy_cash CHECK (cash_min_minor >= 0),
        points_step bigint NOT NULL CONSTRAINT ck_cash_policy_step CHECK (points_step > 0),
        delivery_tender text NOT NULL
            CONSTRAINT ck_cash_policy_tender CHECK (delivery_tender IN ('any', 'points', 'cash')),
        CONSTRAINT ck_cash_policy_share CHECK (0 <= points_min_bp AND points_min_bp <= points_max_bp
            AND points_max_bp <= 10000))""",
)

_TARIFFS = (
    """
    CREATE TABLE offer_size (
        offer_id bigint PRIMARY KEY,
        length_mm int NOT NULL CONSTRAINT ck_offer_size_length CHECK (length_mm BETWEEN 1 AND 20000),
        width_mm int NOT NULL CONSTRAINT ck_offer_size_width CHECK (width_mm BETWEEN 1 AND 20000),
        height_mm int NOT NULL CONSTRAINT ck_offer_size_height CHECK (height_mm BETWEEN 1 AND 20000))""",
    # `divisor`: cubic centimetres to a kilogram of volumetric weight, NULL where only real weight counts
    """
    CREATE TABLE delivery_service (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        supplier_id bigint NOT NULL,
        code text NOT NULL CONSTRAINT ck_delivery_service_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
        carrier text NOT NULL,
        service text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_delivery_service_kind CHECK (kind IN ('courier', 'pickup')),
        divisor int CONSTRAINT ck_delivery_service_divisor CHECK (divisor > 0),
        CONSTRAINT uq_delivery_service_code UNIQUE (supplier_id, code))""",
    """
    CREATE TABLE tariff_zone (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        carrier text NOT NULL,
        country text NOT NULL CONSTRAINT ck_tariff_zone_country CHECK (country ~ '^[A-Z]{2}$'),
        kind text NOT NULL CONSTRAINT ck_tariff_zone_kind CHECK (kind IN ('postal', 'region')),
        prefix text COLLATE "C" NOT NULL,
        zone text NOT NULL,
        CONSTRAINT uq_tariff_zone_prefix UNIQUE (program_id, carrier, country, kind, prefix))""",
    """
    CREATE TABLE carrier_tariff (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        carrier text NOT NULL,
        service text NOT NULL,
        zone text NOT NULL,
        weight_g int4range NOT NULL CONSTRAINT ck_carrier_tariff_weight
            CHECK (NOT isempty(weight_g) AND lower(weight_g) >= 0 AND NOT upper_inf(weight_g)),
        valid daterange NOT NULL CONSTRAINT ck_carrier_tariff_valid CHECK (NOT isempty(valid)),
        base_minor bigint NOT NULL CONSTRAINT ck_carrier_tariff_base CHECK (base_minor >= 0),
        per_kg_minor bigint NOT NULL CONSTRAINT ck_carrier_tariff_kg CHECK (per_kg_minor >= 0),
        free_from_points bigint CONSTRAINT ck_carrier_tariff_free CHECK (free_from_points > 0),
        days_min int NOT NULL,
        days_max int NOT NULL,
        CONSTRAINT ck_carrier_tariff_days CHECK (0 <= days_min AND days_min <= days_max AND days_max <= 365),
        CONSTRAINT ex_carrier_tariff_overlap EXCLUDE USING gist (program_id WITH =, carrier WITH =, service WITH =,
            zone WITH =, weight_g WITH &&, valid WITH &&))""",
    """
    CREATE TABLE pickup_point (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        carrier text NOT NULL,
        code text COLLATE "C" NOT NULL,
        name text NOT NULL,
        country text NOT NULL CONSTRAINT ck_pickup_point_country CHECK (country ~ '^[A-Z]{2}$'),
        city text NOT NULL,
        postal_code text NOT NULL,
        address text NOT NULL,
        hours text NOT NULL,
        is_open boolean NOT NULL DEFAULT true,
        CONSTRAINT uq_pickup_point_code UNIQUE (program_id, carrier, code))""",
)


def upgrade() -> None:
    for statement in (*_RULES, *_BOOK, *_QUOTES, *_TARIFFS):
        op.execute(statement)
    grant_app("price_rule", "price_grant", "price_segment", "price_segment_member")
    grant_app("pricebook", "price_base", "rule_price", "quote_rule", "cash_policy")
    grant_app("delivery_service", "tariff_zone", "carrier_tariff", "pickup_point", "offer_size")
    grant_append_only("price_rule_version", "price_rise")
    grant_sequences("pricebook_version")
    grant_read("member_segments")
