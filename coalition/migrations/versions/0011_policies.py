"""Policies of programs and currencies: life cycle, expiry, spending limits, promo accounts, rates, safe halt."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_sequences

revision = "0011_policies"
down_revision = "0010_points"

_EXPIRY = "('never', 'days', 'month_end', 'year_end', 'inactivity')"

_STATEMENTS = (
    "CREATE SEQUENCE policy_version",
    """
    ALTER TABLE program
        ADD state text NOT NULL DEFAULT 'draft',
        ADD sunset_ends_on date,
        ADD proof_policy text NOT NULL DEFAULT 'none',
        ADD accept_late_days int,
        ADD return_policy text NOT NULL DEFAULT 'within_balance',
        ADD restore_grace_days int NOT NULL DEFAULT 30,
        ADD adjustment_limit bigint NOT NULL DEFAULT 10000,
        ADD family_max int NOT NULL DEFAULT 6,
        ADD halted_at timestamptz,
        ADD halt_reason text,
        ADD version bigint NOT NULL DEFAULT nextval('policy_version'),
        ADD CONSTRAINT ck_program_state CHECK (state IN ('draft', 'pilot', 'live', 'sunset', 'ended')),
        ADD CONSTRAINT ck_program_sunset CHECK ((state IN ('sunset', 'ended')) = (sunset_ends_on IS NOT NULL)),
        ADD CONSTRAINT ck_program_proof_policy CHECK (proof_policy IN ('none', 'spend')),
        ADD CONSTRAINT ck_program_accept_late_days CHECK (accept_late_days BETWEEN 0 AND 36500),
        ADD CONSTRAINT ck_program_return_policy
            CHECK (return_policy IN ('only_pending', 'within_balance', 'arrears')),
        ADD CONSTRAINT ck_program_restore_grace_days CHECK (restore_grace_days BETWEEN 0 AND 3660),
        ADD CONSTRAINT ck_program_adjustment_limit CHECK (adjustment_limit >= 0),
        ADD CONSTRAINT ck_program_family_max CHECK (family_max BETWEEN 1 AND 100),
        ADD CONSTRAINT ck_program_halt CHECK ((halted_at IS NULL) = (halt_reason IS NULL))""",
    "UPDATE program SET state = 'live'",  # what ran before there was a life cycle goes on
    f"""
    ALTER TABLE currency
        DROP CONSTRAINT ck_currency_attribution,
        ADD kind text NOT NULL DEFAULT 'bonus',
        ADD spendable boolean NOT NULL DEFAULT true,
        ADD transferable boolean NOT NULL DEFAULT true,
        ADD expiry text NOT NULL DEFAULT 'never',
        ADD expiry_n int,
        ADD activation_days int NOT NULL DEFAULT 0,
        ADD activation_event text,
        ADD debt_floor bigint NOT NULL DEFAULT 0,
        ADD spend_min bigint NOT NULL DEFAULT 0,
        ADD spend_step bigint NOT NULL DEFAULT 1,
        ADD spend_share_bp int NOT NULL DEFAULT 10000,
        ADD spend_day_max bigint,
        ADD spend_group_bp jsonb NOT NULL DEFAULT '{{}}',
        ADD CONSTRAINT ck_currency_attribution CHECK (attribution IN ('fefo', 'fifo', 'pro_rata')),
        ADD CONSTRAINT ck_currency_kind CHECK (kind IN ('bonus', 'miles', 'tier', 'cashback', 'emoney')),
        ADD CONSTRAINT ck_currency_spendable CHECK (NOT spendable OR kind <> 'tier'),
        ADD CONSTRAINT ck_currency_expiry CHECK (expiry IN {_EXPIRY}),
        ADD CONSTRAINT ck_currency_activation CHECK (
            activation_days BETWEEN 0 AND 366 AND activation_event ~ '^[a-z][a-z0-9_.]{{1,39}}$'),
        ADD CONSTRAINT ck_currency_debt_floor CHECK (debt_floor >= 0),
        ADD CONSTRAINT ck_currency_spend CHECK (
            spend_min >= 0 AND spend_step >= 1 AND spend_share_bp BETWEEN 0 AND 10000 AND spend_day_max >= 0)""",
    """
    UPDATE currency SET expiry = CASE WHEN expiry_months IS NULL THEN 'never' ELSE 'month_end' END,
                        expiry_n = expiry_months""",
    """
    ALTER TABLE currency
        DROP COLUMN expiry_months,
        ADD CONSTRAINT ck_currency_expiry_n CHECK (
            CASE expiry WHEN 'never' THEN expiry_n IS NULL
                        WHEN 'days' THEN expiry_n IS NOT NULL AND expiry_n BETWEEN 1 AND 36500
                        ELSE expiry_n IS NOT NULL AND expiry_n BETWEEN 1 AND 120 END),
        ADD CONSTRAINT ck_currency_usable CHECK (
            activation_days < CASE expiry WHEN 'never' THEN 1000 WHEN 'days' THEN expiry_n ELSE expiry_n * 28 END)""",
    # Members are opaque here: the room of members stands above this one.
    """
    CREATE TABLE pilot_member (
        program_id int NOT NULL REFERENCES program,
        member_id bigint NOT NULL,
        added_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (program_id, member_id))""",
    """
    CREATE TABLE promo_account (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        currency_id int NOT NULL REFERENCES currency,
        code text NOT NULL CONSTRAINT ck_promo_account_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
        name_en text NOT NULL,
        name_ru text NOT NULL,
        partner_ids int[] NOT NULL DEFAULT '{}',
        outlet_ids int[] NOT NULL DEFAULT '{}',
        product_groups text[] NOT NULL DEFAULT '{}',
        share_bp int NOT NULL DEFAULT 10000
            CONSTRAINT ck_promo_account_share_bp CHECK (share_bp BETWEEN 1 AND 10000),
        cap_points bigint CONSTRAINT ck_promo_account_cap_points CHECK (cap_points >= 1),
        expiry text CONSTRAINT ck_promo_account_expiry CHECK (expiry IN ('never', 'days', 'month_end', 'year_end')),
        expiry_n int,
        priority int NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_promo_account_code UNIQUE (program_id, code),
        CONSTRAINT uq_promo_account_currency UNIQUE (id, currency_id),
        CONSTRAINT ck_promo_account_expiry_n CHECK (
            CASE WHEN expiry IS NULL OR expiry = 'never' THEN expiry_n IS NULL
                 WHEN expiry = 'days' THEN expiry_n IS NOT NULL AND expiry_n BETWEEN 1 AND 36500
                 ELSE expiry_n IS NOT NULL AND expiry_n BETWEEN 1 AND 120 END))""",
    """
    ALTER TABLE base_rule
        ADD promo_account_id int,
        ADD CONSTRAINT fk_base_rule_promo_account_id
            FOREIGN KEY (promo_account_id, currency_id) REFERENCES promo_account (id, currency_id)""",
    """
    CREATE TABLE conversion_rate (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        from_currency_id int NOT NULL REFERENCES currency,
        to_currency_id int NOT NULL REFERENCES currency,
        rate numeric(18, 9) NOT NULL CONSTRAINT ck_conversion_rate_rate CHECK (rate > 0),
        valid daterange NOT NULL CONSTRAINT ck_conversion_rate_valid
            CHECK (NOT lower_inf(valid) AND (lower_inc(valid) OR isempty(valid))),
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_conversion_rate_pair CHECK (from_currency_id <> to_currency_id),
        CONSTRAINT ex_conversion_rate_overlap EXCLUDE USING gist (
            from_currency_id WITH =, to_currency_id WITH =, valid WITH &&))""",
    """
    CREATE TABLE product_group (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        code text NOT NULL CONSTRAINT ck_product_group_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
        name_en text NOT NULL,
        name_ru text NOT NULL,
        CONSTRAINT uq_product_group_code UNIQUE (program_id, code))""",
    # One group a product and partner: the amounts of a receipt's groups never count a line twice.
    """
    CREATE TABLE product_group_item (
        partner_id int NOT NULL REFERENCES partner,
        sku text COLLATE "C" NOT NULL CONSTRAINT ck_product_group_item_sku CHECK (length(sku) BETWEEN 1 AND 64),
        group_id int NOT NULL REFERENCES product_group,
        PRIMARY KEY (partner_id, sku))""",
    """
    CREATE TABLE law_verdict (
        code text PRIMARY KEY,
        offending bigint NOT NULL,
        asked_at timestamptz NOT NULL)""",
    "CREATE INDEX product_group_item_group ON product_group_item (group_id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    grant_app("pilot_member", "promo_account", "conversion_rate", "product_group", "product_group_item", "law_verdict")
    grant_sequences("policy_version")
