"""What promotions change beside points: personal prices and deliveries in the catalog; and what their edges want.

A perk is what one effect of a promotion granted a member of a price rule; the grant is what all perks that were not
taken back come to. A quote is closed once, whether it took money off or not; who guesses codes is counted by minutes.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

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
    # whose counter it is, so that it is found when the member becomes another
    """
    CREATE INDEX limit_counter_member ON limit_counter ((substring(key from '/member:([0-9]+)/')))
     WHERE substring(key from '/member:([0-9]+)/') IS NOT NULL""",
    # Grain: one row = a quote that was closed, and the one purchase that closed it.
    """
    CREATE TABLE purchase_quote_use (
        quote_id bigint PRIMARY KEY,
        purchase_id bigint NOT NULL CONSTRAINT uq_purchase_quote_use_purchase UNIQUE)""",
    """
    INSERT INTO purchase_quote_use (quote_id, purchase_id)
    SELECT DISTINCT quote_id, purchase_id FROM purchase_discount""",
    # Grain: one row = a draw that was held, with what anybody needs to hold it again.
    """
    CREATE TABLE prize_draw (
        program_id int NOT NULL,
        name text COLLATE "C" NOT NULL,
        drawn_at timestamptz NOT NULL DEFAULT now(),
        actor text NOT NULL,
        prizes int NOT NULL CONSTRAINT ck_prize_draw_prizes CHECK (prizes > 0),
        seed bytea NOT NULL,
        entries jsonb NOT NULL,
        winners jsonb NOT NULL,
        PRIMARY KEY (program_id, name))""",
    """
    ALTER TABLE promo_setting
        ADD COLUMN earn_not text[] NOT NULL DEFAULT '{}',
        ADD COLUMN day_starts_minutes int NOT NULL DEFAULT 0
            CONSTRAINT ck_promo_setting_day_starts CHECK (day_starts_minutes BETWEEN 0 AND 720)""",
    # Grain: one row = how many codes nobody knows a client has named in a minute.
    """
    CREATE TABLE coupon_miss (
        client text COLLATE "C" NOT NULL,
        minute timestamptz NOT NULL,
        misses int NOT NULL CONSTRAINT ck_coupon_miss_misses CHECK (misses > 0),
        PRIMARY KEY (client, minute))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_app("price_perk", "coupon_miss")
    grant_append_only("purchase_quote_use", "prize_draw")
