"""Feeds: formats with their mappings, sources with their secrets, price quarantine, decisions, offers that grow stale.

`feed_row` is now a table: each staged row is judged, valued and compared with the catalog once.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_app, grant_read

revision = "0018_feeds"
down_revision = "0017_cards"

_FEEDS = (
    """
    CREATE TABLE feed_mapping (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        supplier_id int NOT NULL REFERENCES supplier,
        name text NOT NULL CONSTRAINT ck_feed_mapping_name CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
        version int NOT NULL,
        definition jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_feed_mapping UNIQUE (supplier_id, name, version))""",
    "ALTER TABLE supplier ADD COLUMN safety_stock int NOT NULL DEFAULT 0"
    " CONSTRAINT ck_supplier_safety_stock CHECK (safety_stock >= 0)",
    """
    ALTER TABLE feed
        ADD COLUMN format text NOT NULL DEFAULT 'yml' CONSTRAINT ck_feed_format
            CHECK (format IN ('yml', 'csv', 'xlsx', 'google_xml', 'google_tsv', 'ndjson')),
        ADD COLUMN mapping_id int REFERENCES feed_mapping,
        ADD COLUMN state text NOT NULL DEFAULT 'active'
            CONSTRAINT ck_feed_state CHECK (state IN ('active', 'disabled')),
        ADD COLUMN every_s int CONSTRAINT ck_feed_every CHECK (every_s >= 60),
        ADD COLUMN next_run_at timestamptz,
        ADD COLUMN username text,
        ADD COLUMN sealed_secret bytea,
        ADD COLUMN host_key text,
        ADD COLUMN etag text,
        ADD COLUMN modified text,
        ADD COLUMN mapped_at timestamptz,
        ADD COLUMN failures int NOT NULL DEFAULT 0,
        ADD COLUMN last_error text,
        ADD COLUMN good_at timestamptz,
        ADD COLUMN stock_at timestamptz,
        ADD COLUMN to_publish_since timestamptz,
        ADD COLUMN freshness text NOT NULL DEFAULT 'fresh'
            CONSTRAINT ck_feed_freshness CHECK (freshness IN ('fresh', 'stale', 'expired')),
        ADD COLUMN price_down_percent smallint NOT NULL DEFAULT 50,
        ADD COLUMN price_up_percent int NOT NULL DEFAULT 100,
        ADD COLUMN price_floor_minor bigint,
        ADD COLUMN jump_rows_percent smallint NOT NULL DEFAULT 10,
        ADD COLUMN stock_down_percent smallint NOT NULL DEFAULT 90,
        ADD COLUMN stock_up_times int NOT NULL DEFAULT 10,
        ADD COLUMN disable_after int NOT NULL DEFAULT 10,
        ADD COLUMN grace_s int NOT NULL DEFAULT 86400,
        ADD CONSTRAINT ck_feed_limits CHECK (price_down_percent BETWEEN 1 AND 100 AND price_up_percent > 0
            AND price_floor_minor > 0 AND jump_rows_percent BETWEEN 0 AND 100
            AND stock_down_percent BETWEEN 1 AND 100 AND stock_up_times > 1 AND disable_after > 0 AND grace_s >= 0)""",
    "UPDATE feed SET every_s = 900, next_run_at = now() WHERE url IS NOT NULL",
    "UPDATE feed f SET good_at = r.finished_at, stock_at = r.snapshot_at FROM feed_run r"
    " WHERE r.id = f.last_good_run_id",
    "ALTER TABLE feed ADD CONSTRAINT ck_feed_schedule CHECK (every_s IS NULL OR url IS NOT NULL AND next_run_at IS NOT"
    " NULL)",
)

# A run that is held waits for a person's decision; an approved one, or one that goes back to an earlier file, is a new
# run over the archived file, with those guards waived.
_RUNS = (
    """
    ALTER TABLE feed_run
        ADD COLUMN bytes_read bigint NOT NULL DEFAULT 0,
        ADD COLUMN rows_jumped bigint NOT NULL DEFAULT 0,
        ADD COLUMN stock_total bigint,
        ADD COLUMN source_at timestamptz,
        ADD COLUMN etag text,
        ADD COLUMN modified text,
        ADD COLUMN holds text[] NOT NULL DEFAULT '{}'
            CONSTRAINT ck_feed_run_holds CHECK (holds <@ ARRAY['all', 'removals', 'stock']),
        ADD COLUMN waived text[] NOT NULL DEFAULT '{}'
            CONSTRAINT ck_feed_run_waived CHECK (waived <@ ARRAY['removals', 'prices', 'stock', 'ids']),
        ADD COLUMN of_run_id bigint REFERENCES feed_run,
        ADD COLUMN decision text CONSTRAINT ck_feed_run_decision CHECK (decision IN ('approved', 'rejected')),
        ADD COLUMN decided_by text,
        ADD COLUMN decided_at timestamptz,
        ADD COLUMN decision_reason text,
        ADD CONSTRAINT ck_feed_run_decided CHECK ((decision IS NULL) = (decided_at IS NULL)
            AND (decision IS NULL OR state = 'held'))""",
    "ALTER TABLE feed_run DROP CONSTRAINT ck_feed_run_reason",
    "ALTER TABLE feed_run ADD CONSTRAINT ck_feed_run_reason CHECK (state = 'previewed' OR"
    " (state IN ('refused', 'held')) = (reason_code IS NOT NULL))",
    "UPDATE feed_run SET holds = ARRAY['removals'] WHERE state = 'held'",
    "ALTER TABLE feed_run ADD CONSTRAINT ck_feed_run_held CHECK ((state = 'held') = (holds <> '{}'))",
    "CREATE INDEX feed_run_unfinished ON feed_run (feed_id) WHERE state IN ('waiting', 'running')",
    "CREATE INDEX feed_run_undecided ON feed_run (feed_id, id) WHERE state = 'held' AND decision IS NULL",
    "DROP VIEW feed_run_stock",
    "DROP VIEW feed_row",
    "DROP INDEX feed_stage_run",
    "DELETE FROM feed_stage",
    "ALTER TABLE feed_stage ADD COLUMN mpn text, ADD COLUMN pictures text, ADD COLUMN attributes text",
    "CREATE INDEX feed_stage_run ON feed_stage USING brin (run_id) WITH (pages_per_range = 16)",
    """
    CREATE UNLOGGED TABLE feed_row (
        run_id bigint NOT NULL,
        line_no int NOT NULL,
        sku text COLLATE "C",
        title text,
        title_ru text,
        description text,
        description_ru text,
        brand text,
        mpn text,
        category text,
        cost_minor bigint,
        currency text,
        weight_g int,
        electronic boolean,
        delivery_days smallint,
        gtin text,
        picture_url text,
        picture_urls text[],
        attributes jsonb,
        quantity int,
        codes text[] NOT NULL,
        fit boolean NOT NULL,
        row_hash bytea,
        change text,
        valid_minor bigint,
        jump text)""",
    "CREATE INDEX feed_row_run ON feed_row USING brin (run_id) WITH (pages_per_range = 16)",
    """
    CREATE TABLE feed_quarantine (
        run_id bigint NOT NULL REFERENCES feed_run,
        line_no int NOT NULL,
        codes text[] NOT NULL,
        row_as_sent jsonb NOT NULL,
        PRIMARY KEY (run_id, line_no))""",
    """
    CREATE TABLE feed_run_sample (
        run_id bigint NOT NULL REFERENCES feed_run,
        kind text NOT NULL CONSTRAINT ck_feed_run_sample_kind CHECK (kind IN ('new', 'changed', 'missing', 'jump')),
        sku text COLLATE "C" NOT NULL,
        before jsonb,
        after jsonb,
        PRIMARY KEY (run_id, kind, sku))""",
)

_OFFERS = (
    """
    ALTER TABLE offer
        ADD COLUMN feed_id int REFERENCES feed,
        ADD COLUMN mpn text,
        ADD COLUMN attributes jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN picture_urls text[] NOT NULL DEFAULT '{}'""",
    "UPDATE offer o SET feed_id = r.feed_id FROM feed_run r WHERE r.id = o.changed_run_id",
    """
    CREATE TABLE price_quarantine (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        offer_id bigint NOT NULL REFERENCES offer,
        run_id bigint NOT NULL REFERENCES feed_run,
        last_valid_minor bigint NOT NULL,
        current_minor bigint NOT NULL CONSTRAINT ck_price_quarantine_current CHECK (current_minor > 0),
        currency text NOT NULL,
        reason text NOT NULL CONSTRAINT ck_price_quarantine_reason CHECK (reason IN ('drop', 'rise', 'floor')),
        state text NOT NULL DEFAULT 'open' CONSTRAINT ck_price_quarantine_state
            CHECK (state IN ('open', 'released', 'refused', 'superseded')),
        opened_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz,
        closed_by text,
        CONSTRAINT ck_price_quarantine_closed CHECK ((state = 'open') = (closed_at IS NULL)))""",
    "CREATE UNIQUE INDEX uq_price_quarantine_open ON price_quarantine (offer_id) WHERE state = 'open'",
    """
    CREATE TABLE stock_incident (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        offer_id bigint NOT NULL REFERENCES stock,
        kind text NOT NULL CONSTRAINT ck_stock_incident_kind CHECK (kind IN ('shortfall', 'drift')),
        qty int NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz)""",
    "CREATE INDEX reservation_by_time ON reservation (closed_at) WHERE state = 'committed'",
    "CREATE UNIQUE INDEX uq_stock_incident_open ON stock_incident (offer_id, kind) WHERE closed_at IS NULL",
    # plain arithmetic that the planner can put in place of the call
    """
    CREATE OR REPLACE FUNCTION gtin_is_valid(gtin text) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
        SELECT CASE WHEN gtin ~ '^([0-9]{8}|[0-9]{12,14})$' THEN (
            gtin::bigint % 10 + gtin::bigint / 100 % 10 + gtin::bigint / 10000 % 10 + gtin::bigint / 1000000 % 10
            + gtin::bigint / 100000000 % 10 + gtin::bigint / 10000000000 % 10 + gtin::bigint / 1000000000000 % 10
            + 3 * (gtin::bigint / 10 % 10 + gtin::bigint / 1000 % 10 + gtin::bigint / 100000 % 10
            + gtin::bigint / 10000000 % 10 + gtin::bigint / 1000000000 % 10 + gtin::bigint / 100000000000 % 10
            + gtin::bigint / 10000000000000 % 10)) % 10 = 0 ELSE gtin IS NULL END $$""",
    "DROP FUNCTION plain_text(text)",
)

# Grain: one row = one offer of one supplier, with the shelf (our category's code) it is mapped to, if any. `stock_at`:
# as of when its feed last said how many there are.
_SUPPLIER_OFFERS = """
    CREATE OR REPLACE VIEW supplier_offers AS
    SELECT o.id AS offer_id, o.supplier_id, p.program_id, p.code AS supplier_code, p.name AS supplier_name,
           p.legal_entity_id, p.margin_bp, o.supplier_sku, o.title, o.title_ru, o.description, o.description_ru,
           o.brand, o.category, m.target AS category_target, o.cost_minor, o.currency, o.weight_g, o.electronic,
           o.delivery_days, o.picture_url,
           o.state = 'active' AND p.state = 'active' AND (o.electronic OR o.weight_g IS NOT NULL)
               AND coalesce(f.freshness <> 'expired', true) AS orderable,
           o.gtin, o.mpn, o.attributes, o.picture_urls, o.price_version, o.updated_at, p.safety_stock, f.stock_at
      FROM offer o
      JOIN supplier p ON p.id = o.supplier_id
      LEFT JOIN category_mapping m ON m.supplier_id = o.supplier_id AND m.supplier_category = o.category
      LEFT JOIN feed f ON f.id = o.feed_id
"""

# Grain: one row = one offer's number of pieces as one running feed run says it; NULL is "no limit".
_FEED_RUN_STOCK = """
    CREATE VIEW feed_run_stock AS
    SELECT r.run_id, o.id AS offer_id, r.quantity, p.safety_stock
      FROM feed_row r
      JOIN feed_run n ON n.id = r.run_id
      JOIN feed f ON f.id = n.feed_id
      JOIN supplier p ON p.id = f.supplier_id
      JOIN offer o ON o.supplier_id = f.supplier_id AND o.supplier_sku = r.sku
     WHERE r.fit
"""


# Grain: one row = one of a supplier's categories that is mapped to the code of one of ours.
_CATEGORY_MAPPINGS = """
    CREATE VIEW category_mappings AS SELECT supplier_id, supplier_category, target FROM category_mapping
"""


def upgrade() -> None:
    for statement in (*_FEEDS, *_RUNS, *_OFFERS, _SUPPLIER_OFFERS, _FEED_RUN_STOCK, _CATEGORY_MAPPINGS):
        op.execute(statement)
    grant_app("feed_row", "feed_quarantine", "feed_run_sample", "price_quarantine", "stock_incident")
    grant_app("feed_row_issue")  # what is old is tidied away
    op.execute(f"GRANT SELECT, INSERT ON feed_mapping TO {APP_ROLE}")
    op.execute(f"GRANT MAINTAIN ON feed_row TO {APP_ROLE}")  # to ANALYZE it
    grant_read("feed_run_stock", "category_mappings")
