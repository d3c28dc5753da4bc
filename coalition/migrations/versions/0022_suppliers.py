"""What each supplier can do, how much is asked of it at once, what was said, and what was found for a member.

`supplier_call` is append-only; only `prune_supplier_calls`, which acts as the schema's owner, removes what is
older than thirty days.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_app, grant_append_only

revision = "0022_suppliers"
down_revision = "0021_sagas"

_SUPPLIER = [
    "ALTER TABLE supplier DROP CONSTRAINT ck_supplier_kind",
    """
    ALTER TABLE supplier ADD CONSTRAINT ck_supplier_kind
        CHECK (kind IN ('goods', 'electronic', 'digital', 'flight', 'event', 'donation'))""",
    """
    ALTER TABLE supplier ADD COLUMN protocol text NOT NULL DEFAULT 'goods' CONSTRAINT ck_supplier_protocol
        CHECK (protocol IN ('goods', 'giftcode', 'flight', 'event', 'pool'))""",
    """
    ALTER TABLE supplier ADD COLUMN caps jsonb NOT NULL DEFAULT '{}' CONSTRAINT ck_supplier_caps
        CHECK (jsonb_typeof(caps) = 'object')""",
    "ALTER TABLE supplier ADD COLUMN token text NOT NULL DEFAULT ''",
]

_CALLS = [
    """
    CREATE TABLE supplier_gate (
        supplier_id int PRIMARY KEY REFERENCES supplier,
        next_at timestamptz NOT NULL DEFAULT '-infinity',
        failures int NOT NULL DEFAULT 0 CONSTRAINT ck_supplier_gate_failures CHECK (failures >= 0),
        open_until timestamptz) WITH (fillfactor = 50)""",
    """
    CREATE TABLE supplier_running (
        ticket uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        supplier_id int NOT NULL REFERENCES supplier,
        cart text,
        until timestamptz NOT NULL,
        CONSTRAINT uq_supplier_running_cart UNIQUE (supplier_id, cart))""",
    """
    CREATE TABLE supplier_call (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        supplier_id int NOT NULL REFERENCES supplier,
        operation text NOT NULL,
        client_ref text NOT NULL,
        method text NOT NULL,
        path text NOT NULL,
        status int,
        sent boolean NOT NULL,
        took_ms int NOT NULL,
        request text NOT NULL,
        answer text NOT NULL)""",
    "CREATE INDEX supplier_call_supplier ON supplier_call (supplier_id, id DESC)",
    "CREATE INDEX supplier_call_ref ON supplier_call (client_ref)",
    "CREATE INDEX supplier_call_at ON supplier_call USING brin (at)",
    """
    CREATE FUNCTION prune_supplier_calls() RETURNS bigint
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
        WITH gone AS (
            DELETE FROM public.supplier_call WHERE id IN (
                SELECT id FROM public.supplier_call WHERE at < now() - interval '30 days' ORDER BY id LIMIT 10000)
            RETURNING 1)
        SELECT count(*) FROM gone $$""",
    "REVOKE ALL ON FUNCTION prune_supplier_calls() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION prune_supplier_calls() TO {APP_ROLE}",
]

_FOUND = [
    """
    CREATE TABLE bookable_offer (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        supplier_id int NOT NULL REFERENCES supplier,
        member_id bigint NOT NULL,
        offer_ref text COLLATE "C" NOT NULL,
        kind text NOT NULL CONSTRAINT ck_bookable_offer_kind CHECK (kind IN ('flight', 'event')),
        title text NOT NULL,
        pieces int NOT NULL CONSTRAINT ck_bookable_offer_pieces CHECK (pieces > 0),
        cost_minor bigint NOT NULL CONSTRAINT ck_bookable_offer_cost CHECK (cost_minor > 0),
        currency text NOT NULL,
        expires_at timestamptz NOT NULL,
        details jsonb NOT NULL,
        travellers bytea,
        offer_id bigint REFERENCES offer,
        found_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_bookable_offer_ref UNIQUE (supplier_id, member_id, offer_ref))""",
    "CREATE INDEX bookable_offer_offer ON bookable_offer (offer_id) WHERE offer_id IS NOT NULL",
    "CREATE INDEX bookable_offer_lapsed ON bookable_offer (expires_at) WHERE offer_id IS NULL",
]


def upgrade() -> None:
    for statement in (*_SUPPLIER, *_CALLS, *_FOUND):
        op.execute(statement)
    grant_app("supplier_gate", "supplier_running", "bookable_offer")
    grant_append_only("supplier_call")
