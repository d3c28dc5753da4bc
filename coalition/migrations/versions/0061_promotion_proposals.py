"""What partners propose as promotions, and what was answered to each, once."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0061_promotion_proposals"
down_revision = "0060_reporting"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE promotion_proposal (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            partner_id int NOT NULL REFERENCES partner,
            name text NOT NULL CONSTRAINT ck_promotion_proposal_name CHECK (name <> ''),
            words text NOT NULL CONSTRAINT ck_promotion_proposal_words CHECK (words <> ''),
            begins_on date NOT NULL,
            ends_on date NOT NULL,
            budget_minor bigint CONSTRAINT ck_promotion_proposal_budget CHECK (budget_minor > 0),
            pays boolean NOT NULL,
            state text NOT NULL DEFAULT 'waiting'
                CONSTRAINT ck_promotion_proposal_state CHECK (state IN ('waiting', 'taken', 'declined')),
            proposed_by text NOT NULL,
            proposed_at timestamptz NOT NULL,
            decided_by text,
            decided_at timestamptz,
            reason text CONSTRAINT ck_promotion_proposal_reason CHECK (reason <> ''),
            code text,
            CONSTRAINT ck_promotion_proposal_days CHECK (begins_on <= ends_on),
            CONSTRAINT ck_promotion_proposal_decided CHECK (
                (state <> 'waiting') = (decided_at IS NOT NULL) AND (decided_at IS NULL) = (decided_by IS NULL)
                AND (state = 'declined') = (reason IS NOT NULL) AND (state = 'taken') = (code IS NOT NULL)))""")
    op.execute("CREATE INDEX promotion_proposal_partner ON promotion_proposal (partner_id, id)")
    op.execute("CREATE INDEX promotion_proposal_state ON promotion_proposal (program_id, state, id)")
    grant_app("promotion_proposal")
