"""Returns of purchases that wait for their member: they wait with them and are recorded right after them."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0064_suspended_returns"
down_revision = "0063_changes"

_TABLES = (
    """
    CREATE TABLE suspended_return (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        suspense_id bigint NOT NULL REFERENCES suspense,
        partner_id int NOT NULL REFERENCES partner,
        registry_id bigint REFERENCES registry,
        line bigint,
        kind text NOT NULL CONSTRAINT ck_suspended_return_kind CHECK (kind IN ('return', 'void')),
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        slip jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_suspended_return_external_id UNIQUE (partner_id, kind, external_id))""",
    "CREATE INDEX suspended_return_of ON suspended_return (suspense_id)",
    "CREATE INDEX suspended_return_registry ON suspended_return (registry_id) WHERE registry_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_app("suspended_return")
