"""Product cards shared by offers, assortments per program, categories, facets, search, and pools of codes."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_read

revision = "0019_rewards"
down_revision = "0018_feeds"

_KINDS = "('goods', 'gift_card', 'flight', 'event', 'partner_points', 'donation')"

_CATEGORIES = (
    "ALTER TABLE category DROP CONSTRAINT ck_category_kind",
    f"ALTER TABLE category ADD CONSTRAINT ck_category_kind CHECK (kind IN {_KINDS})",
    "ALTER TABLE category ADD CONSTRAINT uq_category_program UNIQUE (program_id, id)",
    # `path` are the ids of the ancestors from the root down; what is below X has X in it
    """
    ALTER TABLE category ADD COLUMN parent_id int, ADD COLUMN path int[] NOT NULL DEFAULT '{}',
        ADD CONSTRAINT fk_category_parent FOREIGN KEY (program_id, parent_id) REFERENCES category (program_id, id),
        ADD CONSTRAINT ck_category_path CHECK (path[cardinality(path)] IS NOT DISTINCT FROM parent_id
            AND cardinality(path) < 6 AND NOT id = ANY (path))""",
)

# What two suppliers mean by the same number is the same thing; without such a number a card is one offer's own.
_PRODUCTS = (
    """
    CREATE TABLE product (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        gtin text COLLATE "C" CONSTRAINT uq_product_gtin UNIQUE CONSTRAINT ck_product_gtin
            CHECK (gtin ~ '^[0-9]{14}$'),
        lead_offer_id bigint NOT NULL REFERENCES offer,
        brand text,
        mpn text,
        title_en text NOT NULL,
        title_ru text NOT NULL,
        description_en text NOT NULL,
        description_ru text NOT NULL,
        attributes jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE UNIQUE INDEX uq_product_lead_offer ON product (lead_offer_id) WHERE gtin IS NULL",
    # which card an offer belongs to, and the number for which it was put there
    """
    CREATE TABLE product_offer (
        offer_id bigint PRIMARY KEY REFERENCES offer,
        product_id bigint NOT NULL REFERENCES product,
        gtin text)""",
    "CREATE INDEX product_offer_of_product ON product_offer (product_id)",
    "ALTER TABLE reward DROP CONSTRAINT ck_reward_kind",
    f"ALTER TABLE reward ADD CONSTRAINT ck_reward_kind CHECK (kind IN {_KINDS})",
    "ALTER TABLE reward ADD COLUMN product_id bigint REFERENCES product",
    "CREATE INDEX reward_of_product ON reward (product_id, program_id)",
)

# Grain: one row = one reward of one program with what its price is made of; `points` is the price for everybody,
# `category_path` the ids of its shelf and of all shelves above it.
_REWARD_PRICES = """
    CREATE VIEW reward_prices AS
    SELECT w.id AS reward_id, w.program_id, w.offer_id, w.product_id, w.category_id,
           c.path || c.id AS category_path, w.supplier_id, w.kind, o.cost_minor, o.currency AS cost_currency,
           w.points, w.currency_id, o.price_version, w.state = 'on_sale' AS on_sale
      FROM reward w
      JOIN category c ON c.id = w.category_id
      JOIN offer o ON o.id = w.offer_id
"""


def upgrade() -> None:
    for statement in (*_CATEGORIES, *_PRODUCTS, _REWARD_PRICES):
        op.execute(statement)
    grant_app("product", "product_offer")
    grant_read("reward_prices")
