"""Members beyond enrolment: identifiers in every form, proofs, families, merging, tiers, subscriptions."""

from alembic import op

from coalition.migrations.grants import grant_append_only

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
