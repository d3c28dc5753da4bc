"""Change feeds: a partner asks for what it may be told instead of being told, and goes on where it was.

An event has one number in its partner's feed, given under the feed's row lock, so that a higher number is never
committed before a lower one. A feed that ends takes its numbers with it; a later one has another id.

The age of changes is looked up in a tree, not in a BRIN index: changes go where forgotten ones have lain, so that after
a month every part of the table has held something old.
"""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0063_changes"
down_revision = "0062_reporting_sums"

_TABLES = (
    """
    CREATE TABLE change_feed (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        last_number bigint NOT NULL DEFAULT 0
            CONSTRAINT ck_change_feed_last_number CHECK (last_number >= 0),
        opened_at timestamptz NOT NULL DEFAULT now(),
        read_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_change_feed_of_partner UNIQUE (partner_id),
        CONSTRAINT uq_change_feed_partner UNIQUE (id, partner_id)) WITH (fillfactor = 70)""",
    """
    CREATE TABLE change (
        feed_id bigint NOT NULL,
        number bigint NOT NULL CONSTRAINT ck_change_number CHECK (number > 0),
        partner_id int NOT NULL,
        event_id bigint NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (feed_id, number),
        CONSTRAINT uq_change_event UNIQUE (event_id),
        FOREIGN KEY (feed_id, partner_id) REFERENCES change_feed (id, partner_id),
        FOREIGN KEY (event_id, partner_id) REFERENCES webhook_event (id, partner_id))""",
    "CREATE INDEX change_age ON change (recorded_at)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_app("change_feed", "change")
