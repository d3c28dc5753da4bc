"""What promotions change beside points: personal prices and deliveries in the catalog.

A perk is what one effect of a promotion granted a member of a price rule; the grant is what all perks that were not
taken back come to.
"""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0047_rewarding"
down_revision = "0046_admin"

_TABLES = (
    # Grain: one row = one effect of a promotion that granted a member a price rule.
    """
    CREATE TABLE price_perk (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        cause text COLLATE "C" NOT NULL,
        rule_id bigint NOT NULL REFERENCES price_rule,
        member_id bigint NOT NULL,
        value bigint NOT NULL CONSTRAINT ck_price_perk_value CHECK (value >= 0),
        valid_to timestamptz NOT NULL,
        uses int CONSTRAINT ck_price_perk_uses CHECK (uses > 0),
        given_at timestamptz NOT NULL DEFAULT now(),
        withdrawn_at timestamptz,
        CONSTRAINT uq_price_perk_cause UNIQUE (cause, rule_id))""",
    "CREATE INDEX price_perk_member ON price_perk (member_id, rule_id)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_app("price_perk")
