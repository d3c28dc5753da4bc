"""What comes back: points, in proportion where an agreement says so; and money, a part of which is paid again.

What is accepted before a close is kept one by one.

Who redeems points has a rule, from an instant on; it is kept with the ledger because there it is followed, by whoever
keeps agreements. Turn 0 of a debit is what came back of it last drawn first before anything came back in proportion.
"""

from alembic import op

from coalition.migrations.functions import install_functions
from coalition.migrations.grants import grant_app, grant_append_only

revision = "0039_restoring"
down_revision = "0038_trials"

_TABLES = (
    """
    CREATE TABLE reversal_rule (
        owner bigint NOT NULL,
        since timestamptz NOT NULL,
        in_proportion boolean NOT NULL,
        PRIMARY KEY (owner, since))""",
    """
    CREATE TABLE restored (
        account_id bigint NOT NULL,
        debit_id bigint NOT NULL,
        lot_id bigint NOT NULL,
        turn int NOT NULL CONSTRAINT ck_restored_turn CHECK (turn >= 0),
        amount bigint NOT NULL CONSTRAINT ck_restored_amount CHECK (amount > 0),
        drawn_before bigint NOT NULL,
        PRIMARY KEY (account_id, debit_id, lot_id, turn))""",
    """
    INSERT INTO reversal_rule (owner, since, in_proportion)
    SELECT g.legal_entity_id, d.day::timestamp AT TIME ZONE p.zone, o.in_proportion
      FROM agreement g JOIN program p ON p.id = g.program_id
     CROSS JOIN LATERAL (VALUES (lower(g.valid)), (upper(g.valid))) d(day)
     CROSS JOIN LATERAL (SELECT EXISTS (
       SELECT FROM agreement n WHERE n.legal_entity_id = g.legal_entity_id AND n.state = 'active' AND n.valid @> d.day
                                 AND n.reversal_order = 'pro_rata') AS in_proportion) o
     WHERE g.state = 'active' AND g.reversal_order = 'pro_rata' AND d.day IS NOT NULL
        ON CONFLICT DO NOTHING""",
    # What a person has accepted before a close, one by one; an older acceptance has covered nothing in particular.
    "ALTER TABLE close_acceptance ADD COLUMN keys text[] NOT NULL DEFAULT '{}'",
    # How much a provider is asked for: what of the payment had not moved by then.
    """
    ALTER TABLE payout_request ADD COLUMN amount_minor bigint
        CONSTRAINT ck_payout_request_amount CHECK (amount_minor > 0)""",
    """
    UPDATE payout_request r SET amount_minor = p.amount_minor FROM payout_payment p WHERE p.id = r.payment_id""",
    "ALTER TABLE payout_request ALTER COLUMN amount_minor SET NOT NULL",
    "DROP FUNCTION IF EXISTS ledger_give_back(bigint, bigint, bigint, timestamptz, timestamptz, int, smallint, text,"
    " smallint, bytea, timestamptz)",
    "DROP FUNCTION IF EXISTS ledger_put_back(bigint, bigint, bigint, bigint, timestamptz, smallint, timestamptz, int,"
    " smallint, text, smallint, bytea)",
    "DROP FUNCTION IF EXISTS ledger_parts(bigint, bigint, bigint, bigint, timestamptz)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    install_functions("restoring", "parts", "put_back", "give_back")
    grant_app("reversal_rule")
    grant_append_only("restored")
