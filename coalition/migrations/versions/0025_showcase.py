"""What members keep of the catalog: carts, wish lists with the price they saw, what they looked at last."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0025_showcase"
down_revision = "0024_returns"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE cart (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL,
            member_id bigint NOT NULL,
            state text NOT NULL DEFAULT 'open'
                CONSTRAINT ck_cart_state CHECK (state IN ('open', 'checking_out', 'ordered', 'abandoned', 'merged')),
            quote_id bigint REFERENCES quote CONSTRAINT uq_cart_quote UNIQUE,
            created_at timestamptz NOT NULL DEFAULT now(),
            changed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT ck_cart_quote CHECK ((state IN ('checking_out', 'ordered')) = (quote_id IS NOT NULL)))
            WITH (fillfactor = 80)""")
    op.execute("CREATE UNIQUE INDEX uq_cart_live ON cart (member_id) WHERE state IN ('open', 'checking_out')")
    op.execute("CREATE INDEX cart_forgotten ON cart (changed_at) WHERE state IN ('open', 'checking_out')")
    op.execute("""
        CREATE TABLE cart_line (
            cart_id bigint NOT NULL REFERENCES cart,
            reward_id bigint NOT NULL,
            qty int NOT NULL CONSTRAINT ck_cart_line_qty CHECK (qty BETWEEN 1 AND 100),
            points_then bigint NOT NULL CONSTRAINT ck_cart_line_points CHECK (points_then > 0),
            added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (cart_id, reward_id))""")
    op.execute("""
        CREATE TABLE wish (
            member_id bigint NOT NULL,
            reward_id bigint NOT NULL,
            program_id int NOT NULL,
            points_then bigint NOT NULL CONSTRAINT ck_wish_points CHECK (points_then > 0),
            added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (member_id, reward_id))""")
    op.execute("""
        CREATE TABLE reward_view (
            member_id bigint NOT NULL,
            reward_id bigint NOT NULL,
            program_id int NOT NULL,
            seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (member_id, reward_id))""")
    grant_app("cart", "cart_line", "wish", "reward_view")
