"""Returns and voids of purchases, line by line, with what they took back and gave back; points that paid at a till.

Append-only, all of them. That no stretch of a line is returned twice is the schema's own law: each stretch begins
where one before it ended (`parts_before`), none begins where another did, and none goes past what was sold.
"""

from alembic import op

from coalition.migrations.grants import grant_append_only, grant_sequences

revision = "0014_returns"
down_revision = "0013_sources"

_TABLES = (
    """
    CREATE TABLE purchase_tender (
        purchase_id bigint NOT NULL,
        no smallint NOT NULL CONSTRAINT ck_purchase_tender_no CHECK (no = 0 OR no > 10000),
        amount_minor bigint NOT NULL CONSTRAINT ck_purchase_tender_amount CHECK (amount_minor >= 0),
        units bigint NOT NULL CONSTRAINT ck_purchase_tender_units CHECK (units > 0),
        currency_id int NOT NULL,
        account_id bigint NOT NULL,
        entry_id bigint NOT NULL,
        PRIMARY KEY (purchase_id, no))""",
    "CREATE SEQUENCE purchase_return_id",
    """
    CREATE TABLE purchase_return (
        id bigint PRIMARY KEY DEFAULT nextval('purchase_return_id'),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        occurred_at timestamptz NOT NULL,
        purchase_id bigint NOT NULL,
        kind text NOT NULL CONSTRAINT ck_purchase_return_kind CHECK (kind IN ('return', 'void')),
        refund_minor bigint NOT NULL CONSTRAINT ck_purchase_return_refund CHECK (refund_minor >= 0),
        partner_id int NOT NULL,
        registry_id bigint,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        actor text NOT NULL,
        request_id text,
        CONSTRAINT uq_purchase_return_external_id UNIQUE (partner_id, kind, external_id))""",
    "CREATE INDEX purchase_return_purchase ON purchase_return (purchase_id)",
    "CREATE UNIQUE INDEX purchase_return_void ON purchase_return (purchase_id) WHERE kind = 'void'",
    """
    CREATE TABLE return_line (
        return_id bigint NOT NULL,
        no smallint NOT NULL,
        purchase_id bigint NOT NULL,
        parts bigint NOT NULL CONSTRAINT ck_return_line_parts CHECK (parts > 0),
        parts_before bigint NOT NULL,
        parts_sold bigint NOT NULL,
        refund_minor bigint NOT NULL CONSTRAINT ck_return_line_refund CHECK (refund_minor >= 0),
        CONSTRAINT ck_return_line_sold CHECK (parts_before >= 0 AND parts_before + parts <= parts_sold),
        CONSTRAINT uq_return_line_stretch UNIQUE (purchase_id, no, parts_before),
        PRIMARY KEY (return_id, no))""",
    """
    CREATE TABLE return_effect (
        return_id bigint NOT NULL,
        award_no smallint NOT NULL,
        purchase_id bigint NOT NULL,
        account_id bigint NOT NULL,
        units bigint NOT NULL CONSTRAINT ck_return_effect_units CHECK (units > 0),
        own bigint NOT NULL,
        others bigint NOT NULL,
        owed bigint NOT NULL,
        waived bigint NOT NULL,
        lines jsonb NOT NULL,
        entry_ids bigint[] NOT NULL,
        CONSTRAINT ck_return_effect_sum CHECK (
            least(own, others, owed, waived) >= 0 AND own + others + owed + waived = units),
        PRIMARY KEY (return_id, award_no))""",
    "CREATE INDEX return_effect_purchase ON return_effect (purchase_id)",
    "CREATE INDEX return_effect_account ON return_effect (account_id)",
    """
    CREATE TABLE return_restore (
        return_id bigint NOT NULL,
        tender_no smallint NOT NULL,
        purchase_id bigint NOT NULL,
        account_id bigint NOT NULL,
        units bigint NOT NULL CONSTRAINT ck_return_restore_units CHECK (units > 0),
        currency_id int NOT NULL,
        lines jsonb NOT NULL,
        entry_ids bigint[] NOT NULL,
        PRIMARY KEY (return_id, tender_no))""",
    "CREATE INDEX return_restore_purchase ON return_restore (purchase_id)",
    "CREATE INDEX return_restore_account ON return_restore (account_id)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_append_only("purchase_tender", "purchase_return", "return_line", "return_effect", "return_restore")
    grant_sequences("purchase_return_id")
