"""Feeds that bring counts alone, and more than one picture for a product.

`feed.scope`: `catalog` brings whole offers, `stock` only how many pieces there are of offers that another feed brings.
`product_gallery` keeps the addresses of a card's further pictures in their order; which of them have come is in
`picture`.
"""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0049_counts_and_galleries"
down_revision = "0048_coming_back"

_SCOPE = (
    "ALTER TABLE feed ADD COLUMN scope text NOT NULL DEFAULT 'catalog'"
    " CONSTRAINT ck_feed_scope CHECK (scope IN ('catalog', 'stock'))",
    "CREATE INDEX feed_of_counts ON feed (supplier_id) WHERE scope = 'stock'",
)

# Grain: one row = one offer's number of pieces as one running feed run says it; NULL is "no limit". Where a supplier
# has a feed of counts that is not switched off, an offer file without a count says nothing about stock.
_FEED_RUN_STOCK = """
    CREATE OR REPLACE VIEW feed_run_stock AS
    SELECT r.run_id, o.id AS offer_id, r.quantity, p.safety_stock
      FROM feed_row r
      JOIN feed_run n ON n.id = r.run_id
      JOIN feed f ON f.id = n.feed_id
      JOIN supplier p ON p.id = f.supplier_id
      JOIN offer o ON o.supplier_id = f.supplier_id AND o.supplier_sku = r.sku
     WHERE r.fit AND (r.quantity IS NOT NULL
           OR NOT EXISTS (SELECT FROM feed k WHERE k.supplier_id = f.supplier_id AND k.scope = 'stock'
                                                                     AND k.state = 'active'))
"""

# Grain: as before. What is counted by a feed of its own cannot be ordered, either, once that has been silent too long.
_SUPPLIER_OFFERS = """
    CREATE OR REPLACE VIEW supplier_offers AS
    SELECT o.id AS offer_id, o.supplier_id, p.program_id, p.code AS supplier_code, p.name AS supplier_name,
           p.legal_entity_id, p.margin_bp, o.supplier_sku, o.title, o.title_ru, o.description, o.description_ru,
           o.brand, o.category, m.target AS category_target, o.cost_minor, o.currency, o.weight_g, o.electronic,
           o.delivery_days, o.picture_url,
           o.state = 'active' AND p.state = 'active' AND (o.electronic OR o.weight_g IS NOT NULL)
               AND coalesce(f.freshness <> 'expired', true)
               AND NOT EXISTS (SELECT FROM feed k WHERE k.supplier_id = o.supplier_id AND k.scope = 'stock'
                                  AND k.state = 'active' AND k.freshness = 'expired') AS orderable,
           o.gtin, o.mpn, o.attributes, o.picture_urls, o.price_version, o.updated_at, p.safety_stock, f.stock_at
      FROM offer o
      JOIN supplier p ON p.id = o.supplier_id
      LEFT JOIN category_mapping m ON m.supplier_id = o.supplier_id AND m.supplier_category = o.category
      LEFT JOIN feed f ON f.id = o.feed_id
"""

_GALLERY = """
    CREATE TABLE product_gallery (
        product_id bigint PRIMARY KEY REFERENCES product,
        urls text[] NOT NULL CONSTRAINT ck_product_gallery_urls CHECK (cardinality(urls) <= 9))
"""


def upgrade() -> None:
    for statement in (*_SCOPE, _FEED_RUN_STOCK, _SUPPLIER_OFFERS, _GALLERY):
        op.execute(statement)
    grant_app("product_gallery")
