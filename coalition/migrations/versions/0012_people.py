"""Members beyond enrolment: identifiers in every form, proofs, families, merging, tiers, subscriptions."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

revision = "0012_people"
down_revision = "0011_policies"

_KINDS = (
    "'card', 'chip', 'bank_card_token', 'barcode', 'qr', 'qr_rotating', 'nfc', 'rfid', 'phone', 'email', 'external',"
    " 'app'"
)


def upgrade() -> None:
    _identifiers()
    _members()
    _proofs()
    _tiers()
    _families()
    _subscriptions()
    _merges()


def _identifiers() -> None:
    op.execute("ALTER TABLE identifier DROP CONSTRAINT ck_identifier_kind")
    op.execute(f"ALTER TABLE identifier ADD CONSTRAINT ck_identifier_kind CHECK (kind IN ({_KINDS}))")
    op.execute("ALTER TABLE identifier ADD replaces bigint REFERENCES identifier")
    op.execute("CREATE UNIQUE INDEX uq_identifier_replaces ON identifier (replaces) WHERE replaces IS NOT NULL")


def _members() -> None:
    """`perks` is what a running subscription grants, kept on the row that every purchase reads."""
    op.execute("ALTER TABLE member ADD perks jsonb, ADD perks_until timestamptz")


def _proofs() -> None:
    """A one-time code that was used: who gets the row in has used it."""
    op.execute("""
        CREATE TABLE proof_use (
            member_id bigint NOT NULL REFERENCES member,
            step bigint NOT NULL,
            used_at timestamptz NOT NULL,
            PRIMARY KEY (member_id, step))""")
    grant_append_only("proof_use")


def _tiers() -> None:
    op.execute("""
        CREATE TABLE tier (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            code text NOT NULL
                CONSTRAINT ck_tier_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,39}$' AND code <> 'base'),
            rank int NOT NULL CONSTRAINT ck_tier_rank CHECK (rank >= 1),
            name_en text NOT NULL,
            name_ru text NOT NULL,
            threshold bigint CONSTRAINT ck_tier_threshold CHECK (threshold >= 1),
            benefits jsonb NOT NULL,
            CONSTRAINT uq_tier_code UNIQUE (program_id, code),
            CONSTRAINT uq_tier_rank UNIQUE (program_id, rank) DEFERRABLE INITIALLY DEFERRED)""")
    op.execute("""
        CREATE TABLE tier_policy (
            program_id int PRIMARY KEY REFERENCES program,
            currency_id int NOT NULL REFERENCES currency,
            months int CONSTRAINT ck_tier_policy_months CHECK (months BETWEEN 1 AND 120))""")
    op.execute("""
        CREATE TABLE tier_grant (
            member_id bigint NOT NULL REFERENCES member,
            tier_id int NOT NULL REFERENCES tier,
            source text NOT NULL
                CONSTRAINT ck_tier_grant_source CHECK (source IN ('qualified', 'subscription', 'staff')),
            until timestamptz NOT NULL,
            PRIMARY KEY (member_id, tier_id, source))""")
    op.execute("CREATE INDEX tier_grant_until ON tier_grant (until)")
    op.execute("""
        CREATE TABLE tier_change (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            member_id bigint NOT NULL REFERENCES member,
            from_tier text NOT NULL,
            to_tier text NOT NULL,
            until timestamptz,
            why text NOT NULL,
            changed_at timestamptz NOT NULL,
            CONSTRAINT ck_tier_change_differs CHECK (from_tier <> to_tier))""")
    op.execute("CREATE INDEX tier_change_member ON tier_change (member_id, id)")
    op.execute("ALTER TABLE base_rule ADD tiers text[]")
    grant_app("tier", "tier_policy", "tier_grant")
    grant_append_only("tier_change")


def _families() -> None:
    op.execute("""
        CREATE TABLE family (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            head_id bigint NOT NULL REFERENCES member,
            founded_at timestamptz NOT NULL DEFAULT now(),
            closed_at timestamptz)""")
    op.execute("CREATE UNIQUE INDEX uq_family_head ON family (head_id) WHERE closed_at IS NULL")
    op.execute("""
        CREATE TABLE family_seat (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            family_id bigint NOT NULL REFERENCES family,
            member_id bigint NOT NULL REFERENCES member,
            state text NOT NULL CONSTRAINT ck_family_seat_state CHECK (state IN ('invited', 'active', 'left')),
            changed_at timestamptz NOT NULL DEFAULT now())""")
    op.execute("CREATE UNIQUE INDEX uq_family_seat_active ON family_seat (member_id) WHERE state = 'active'")
    op.execute("CREATE UNIQUE INDEX uq_family_seat ON family_seat (family_id, member_id) WHERE state <> 'left'")
    op.execute("CREATE INDEX family_seat_member ON family_seat (member_id)")
    grant_app("family", "family_seat")


def _subscriptions() -> None:
    op.execute("""
        CREATE TABLE subscription_plan (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            code text NOT NULL CONSTRAINT ck_subscription_plan_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
            name_en text NOT NULL,
            name_ru text NOT NULL,
            price_minor bigint NOT NULL CONSTRAINT ck_subscription_plan_price CHECK (price_minor >= 0),
            months int NOT NULL CONSTRAINT ck_subscription_plan_months CHECK (months BETWEEN 1 AND 120),
            tier_id int REFERENCES tier,
            benefits jsonb NOT NULL,
            is_open boolean NOT NULL DEFAULT true,
            CONSTRAINT uq_subscription_plan_code UNIQUE (program_id, code))""")
    op.execute("""
        CREATE TABLE subscription (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            member_id bigint NOT NULL REFERENCES member,
            plan_id int NOT NULL REFERENCES subscription_plan,
            state text NOT NULL DEFAULT 'active'
                CONSTRAINT ck_subscription_state CHECK (state IN ('active', 'cancelled', 'lapsed')),
            started_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            periods int NOT NULL)""")
    op.execute("CREATE UNIQUE INDEX uq_subscription_live ON subscription (member_id) WHERE state <> 'lapsed'")
    op.execute("CREATE INDEX subscription_ends ON subscription (ends_at) WHERE state <> 'lapsed'")
    op.execute("""
        CREATE TABLE subscription_payment (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            subscription_id bigint NOT NULL REFERENCES subscription,
            program_id int NOT NULL REFERENCES program,
            reference text,
            price_minor bigint NOT NULL,
            ends_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT ck_subscription_payment_paid CHECK ((price_minor > 0) = (reference IS NOT NULL)),
            CONSTRAINT uq_subscription_payment UNIQUE (program_id, reference))""")
    op.execute("CREATE INDEX subscription_payment_of ON subscription_payment (subscription_id)")
    grant_app("subscription_plan", "subscription")
    grant_append_only("subscription_payment")


def _merges() -> None:
    op.execute("ALTER TABLE member DROP CONSTRAINT ck_member_state, ADD merged_into bigint REFERENCES member")
    op.execute("""
        ALTER TABLE member
            ADD CONSTRAINT ck_member_state CHECK (state IN ('active', 'closed', 'merged')),
            ADD CONSTRAINT ck_member_merged CHECK ((state = 'merged') = (merged_into IS NOT NULL))""")
    op.execute("CREATE INDEX member_merged_into ON member (merged_into) WHERE merged_into IS NOT NULL")
    op.execute("""
        CREATE TABLE member_merge (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            from_id bigint NOT NULL CONSTRAINT uq_member_merge_from UNIQUE REFERENCES member,
            into_id bigint NOT NULL REFERENCES member,
            reason text NOT NULL,
            actor text NOT NULL,
            merged_at timestamptz NOT NULL DEFAULT now(),
            facts jsonb NOT NULL,
            CONSTRAINT ck_member_merge_two CHECK (from_id <> into_id))""")
    op.execute("CREATE INDEX member_merge_into ON member_merge (into_id)")
    grant_append_only("member_merge")
