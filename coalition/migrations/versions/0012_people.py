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
