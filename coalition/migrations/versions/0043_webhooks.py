"""Webhook endpoints of partners and the deliveries to them; lines of events that are taken in their order.

An event's partner, an endpoint's and a delivery's are one: the keys say so. The releases of holds and the end of
points are told by the ledger's own functions, because nobody else sees them one by one.
"""

from alembic import op

from coalition.migrations.functions import install_functions
from coalition.migrations.grants import grant_app

revision = "0043_webhooks"
down_revision = "0042_people"

_TABLES = (
    """
    CREATE TABLE outbox_line (
        follower text NOT NULL,
        event_id bigint NOT NULL REFERENCES outbox ON DELETE CASCADE,
        error text,
        PRIMARY KEY (follower, event_id))""",
    "CREATE INDEX outbox_line_event ON outbox_line (event_id)",
    """
    CREATE TABLE webhook_endpoint (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        url text NOT NULL CONSTRAINT ck_webhook_endpoint_url CHECK (length(url) BETWEEN 10 AND 500),
        description text NOT NULL DEFAULT '',
        event_types text[] NOT NULL
            CONSTRAINT ck_webhook_endpoint_types CHECK (cardinality(event_types) BETWEEN 1 AND 50),
        state text NOT NULL DEFAULT 'on'
            CONSTRAINT ck_webhook_endpoint_state CHECK (state IN ('on', 'off', 'switched_off', 'deleted')),
        reason text,
        failures int NOT NULL DEFAULT 0 CONSTRAINT ck_webhook_endpoint_failures CHECK (failures >= 0),
        failing_since timestamptz,
        rest_until timestamptz,
        runs bigint NOT NULL DEFAULT 0,
        job_id bigint,
        since_event bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_webhook_endpoint_partner UNIQUE (id, partner_id),
        CONSTRAINT ck_webhook_endpoint_failing CHECK ((failures = 0) = (failing_since IS NULL)),
        CONSTRAINT ck_webhook_endpoint_reason CHECK ((state = 'switched_off') = (reason IS NOT NULL)))
        WITH (fillfactor = 70)""",
    "CREATE INDEX webhook_endpoint_of_partner ON webhook_endpoint (partner_id, id) WHERE state <> 'deleted'",
    """
    CREATE TABLE webhook_secret (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        endpoint_id bigint NOT NULL REFERENCES webhook_endpoint,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        ends_at timestamptz)""",
    "CREATE UNIQUE INDEX webhook_secret_newest ON webhook_secret (endpoint_id) WHERE ends_at IS NULL",
    "CREATE INDEX webhook_secret_endpoint ON webhook_secret (endpoint_id, id)",
    """
    CREATE TABLE webhook_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        partner_id int NOT NULL REFERENCES partner,
        type text NOT NULL,
        about text COLLATE "C" NOT NULL,
        cause text COLLATE "C" NOT NULL,
        occurred_at timestamptz NOT NULL,
        data jsonb,
        test boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_webhook_event_cause UNIQUE (partner_id, type, cause),
        CONSTRAINT uq_webhook_event_partner UNIQUE (id, partner_id))""",
    "CREATE INDEX webhook_event_age ON webhook_event USING brin (created_at)",
    """
    CREATE TABLE webhook_line (
        endpoint_id bigint NOT NULL REFERENCES webhook_endpoint,
        about text COLLATE "C" NOT NULL,
        last_sequence bigint NOT NULL,
        PRIMARY KEY (endpoint_id, about)) WITH (fillfactor = 70)""",
    """
    CREATE TABLE webhook_delivery (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        partner_id int NOT NULL,
        endpoint_id bigint NOT NULL,
        event_id bigint NOT NULL,
        about text COLLATE "C" NOT NULL,
        sequence bigint NOT NULL,
        again boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'waiting'
            CONSTRAINT ck_webhook_delivery_state CHECK (state IN ('waiting', 'delivered', 'dead')),
        reason text,
        attempts int NOT NULL DEFAULT 0,
        due_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        give_up_at timestamptz NOT NULL,
        decided_at timestamptz,
        FOREIGN KEY (endpoint_id, partner_id) REFERENCES webhook_endpoint (id, partner_id),
        FOREIGN KEY (event_id, partner_id) REFERENCES webhook_event (id, partner_id) ON DELETE CASCADE,
        CONSTRAINT ck_webhook_delivery_decided CHECK ((state = 'waiting') = (decided_at IS NULL)),
        CONSTRAINT ck_webhook_delivery_dead CHECK ((state = 'dead') = (reason IS NOT NULL)),
        CONSTRAINT ck_webhook_delivery_due CHECK (due_at IS NULL OR state = 'waiting')) WITH (fillfactor = 70)""",
    "CREATE UNIQUE INDEX webhook_delivery_line ON webhook_delivery (endpoint_id, about, sequence) WHERE NOT again",
    "CREATE UNIQUE INDEX webhook_delivery_once ON webhook_delivery (event_id, endpoint_id) WHERE NOT again",
    "CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id)",
    """
    CREATE INDEX webhook_delivery_waiting ON webhook_delivery (endpoint_id, about, sequence)
        WHERE state = 'waiting' AND NOT again""",
    "CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX webhook_delivery_log ON webhook_delivery (endpoint_id, id)",
    """
    CREATE TABLE webhook_attempt (
        delivery_id bigint NOT NULL REFERENCES webhook_delivery ON DELETE CASCADE,
        no int NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        status int,
        error text,
        took_ms int NOT NULL,
        answer text,
        PRIMARY KEY (delivery_id, no),
        CONSTRAINT ck_webhook_attempt_outcome CHECK (num_nonnulls(status, error) >= 1))""",
    "CREATE INDEX webhook_attempt_age ON webhook_attempt USING brin (at)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    install_functions("release", "expire_holds", "expire", "end")
    grant_app("outbox_line", "webhook_endpoint", "webhook_secret", "webhook_event", "webhook_line")
    grant_app("webhook_delivery", "webhook_attempt")
