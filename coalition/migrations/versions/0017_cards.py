"""Cards: those taken over from another program with their balances, and registries that hold nothing else."""

from alembic import op

from coalition.migrations.grants import grant_append_only

revision = "0017_cards"
down_revision = "0016_search"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE takeover (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            program_id int NOT NULL,
            partner_id int NOT NULL,
            registry_id bigint NOT NULL,
            external_id text COLLATE "C" NOT NULL,
            request_hash bytea NOT NULL,
            member_id bigint NOT NULL,
            currency_id int,
            units bigint,
            account_id bigint,
            entry_id bigint,
            CONSTRAINT ck_takeover_opening CHECK (
                num_nulls(currency_id, units, account_id, entry_id) IN (0, 4) AND coalesce(units, 1) > 0),
            CONSTRAINT uq_takeover_external_id UNIQUE (partner_id, external_id))""")
    op.execute("CREATE INDEX takeover_registry ON takeover (registry_id)")
    op.execute("""
        ALTER TABLE registry ADD COLUMN content text NOT NULL DEFAULT 'any'
            CONSTRAINT ck_registry_content CHECK (content IN ('any', 'cards'))""")
    grant_append_only("takeover")
