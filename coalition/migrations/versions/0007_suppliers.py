"""Suppliers and rewards: feeds and their runs, offers, the shop window, stock that cannot be sold twice.

`feed_row` is the one place that turns a staged row's text into an offer's values; `supplier_offers` and
`feed_run_stock` are what the rewards room reads of the suppliers room.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_app, grant_append_only, grant_read

revision = "0007_suppliers"
down_revision = "0006_purchases"

_SUPPLIERS = (
    """
    CREATE TABLE supplier (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        code text NOT NULL CONSTRAINT ck_supplier_code CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
        name text NOT NULL,
        legal_entity_id bigint NOT NULL,
        kind text NOT NULL DEFAULT 'goods' CONSTRAINT ck_supplier_kind CHECK (kind IN ('goods', 'electronic')),
        base_url text NOT NULL,
        secret text NOT NULL,
        margin_bp int NOT NULL DEFAULT 0 CONSTRAINT ck_supplier_margin CHECK (margin_bp BETWEEN -9999 AND 100000),
        state text NOT NULL DEFAULT 'active' CONSTRAINT ck_supplier_state CHECK (state IN ('active', 'suspended')),
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_supplier_code UNIQUE (program_id, code))""",
    """
    CREATE TABLE feed (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        supplier_id int NOT NULL REFERENCES supplier,
        code text NOT NULL CONSTRAINT ck_feed_code CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
        url text,
        currency text NOT NULL CONSTRAINT ck_feed_currency CHECK (currency ~ '^[A-Z]{3}$'),
        zone text NOT NULL,
        max_bytes bigint NOT NULL CONSTRAINT ck_feed_max_bytes CHECK (max_bytes > 0),
        missing_percent smallint NOT NULL DEFAULT 20,
        missing_rows int NOT NULL DEFAULT 50,
        overlap_percent smallint NOT NULL DEFAULT 80,
        quarantine_percent smallint NOT NULL DEFAULT 10,
        last_good_run_id bigint,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_feed_code UNIQUE (supplier_id, code),
        CONSTRAINT ck_feed_guards CHECK (missing_percent BETWEEN 0 AND 100 AND overlap_percent BETWEEN 0 AND 100
            AND quarantine_percent BETWEEN 0 AND 100 AND missing_rows >= 0))""",
    """
    CREATE TABLE feed_run (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        feed_id int NOT NULL REFERENCES feed,
        state text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_feed_run_state CHECK
            (state IN ('waiting', 'running', 'applied', 'held', 'unchanged', 'previewed', 'refused')),
        dry_run boolean NOT NULL DEFAULT false,
        file_key text,
        sha256 text,
        size_bytes bigint,
        snapshot_at timestamptz,
        rows_read bigint NOT NULL DEFAULT 0,
        rows_ok bigint NOT NULL DEFAULT 0,
        rows_quarantined bigint NOT NULL DEFAULT 0,
        rows_new bigint NOT NULL DEFAULT 0,
        rows_changed bigint NOT NULL DEFAULT 0,
        rows_missing bigint NOT NULL DEFAULT 0,
        issues jsonb NOT NULL DEFAULT '{}',
        reason_code text,
        reason text,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        CONSTRAINT ck_feed_run_reason CHECK ((state IN ('refused', 'held')) = (reason_code IS NOT NULL)))""",
    "CREATE INDEX feed_run_of_feed ON feed_run (feed_id, id)",
    """
    CREATE UNLOGGED TABLE feed_stage (
        run_id bigint NOT NULL,
        line_no int NOT NULL,
        sku text COLLATE "C",
        title text,
        title_ru text,
        description text,
        description_ru text,
        brand text,
        category text,
        price text,
        old_price text,
        currency text,
        quantity text,
        available boolean NOT NULL,
        electronic boolean NOT NULL,
        picture_url text,
        weight text,
        gtin text,
        delivery_days text,
        codes text[] NOT NULL DEFAULT '{}')""",
    "CREATE INDEX feed_stage_run ON feed_stage (run_id, sku, line_no)",
    """
    CREATE TABLE feed_row_issue (
        run_id bigint NOT NULL REFERENCES feed_run,
        line_no int NOT NULL,
        code text NOT NULL,
        severity text NOT NULL CONSTRAINT ck_feed_row_issue_severity CHECK (severity IN ('error', 'warning')),
        sku text,
        field text NOT NULL,
        value text,
        PRIMARY KEY (run_id, line_no, code))""",
    """
    CREATE TABLE category_mapping (
        supplier_id int NOT NULL REFERENCES supplier,
        supplier_category text NOT NULL,
        target text NOT NULL,
        PRIMARY KEY (supplier_id, supplier_category))""",
    """
    CREATE TABLE offer (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        supplier_id int NOT NULL REFERENCES supplier,
        supplier_sku text COLLATE "C" NOT NULL,
        title text NOT NULL,
        title_ru text,
        description text,
        description_ru text,
        brand text,
        category text,
        cost_minor bigint NOT NULL CONSTRAINT ck_offer_cost CHECK (cost_minor > 0),
        currency text NOT NULL,
        weight_g int,
        electronic boolean NOT NULL,
        delivery_days smallint,
        gtin text,
        picture_url text,
        state text NOT NULL DEFAULT 'active'
            CONSTRAINT ck_offer_state CHECK (state IN ('active', 'suspended', 'archived')),
        row_hash bytea NOT NULL,
        missing_runs smallint NOT NULL DEFAULT 0,
        price_version int NOT NULL DEFAULT 1,
        changed_run_id bigint,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_offer_sku UNIQUE (supplier_id, supplier_sku))""",
    """
    CREATE FUNCTION gtin_is_valid(gtin text) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
        SELECT gtin ~ '^([0-9]{8}|[0-9]{12,14})$' AND (
            SELECT sum(substr(lpad(gtin, 14, '0'), at, 1)::int * CASE at % 2 WHEN 1 THEN 3 ELSE 1 END) % 10 = 0
              FROM generate_series(1, 14) AS at WHERE gtin ~ '^[0-9]+$') $$""",
    """
    CREATE FUNCTION plain_text(html text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
        SELECT btrim(regexp_replace(
            regexp_replace(html, '<(script|style).*?</(script|style)>', ' ', 'gis'), '<[^>]*>', ' ', 'g')) $$""",
)

# Grain: one row = one staged row that is fit to be an offer (no error but an unmapped category), with its values.
_FEED_ROW = r"""
    CREATE VIEW feed_row AS
    SELECT v.*, sha256(convert_to(jsonb_build_array(v.title, v.title_ru, v.description, v.description_ru, v.brand,
                v.category, v.cost_minor, v.currency, v.weight_g, v.electronic, v.delivery_days, v.gtin,
                v.picture_url)::text, 'UTF8')) AS row_hash
      FROM (
        SELECT s.run_id, s.line_no, s.sku, left(s.title, 150) AS title, left(s.title_ru, 150) AS title_ru,
               left(plain_text(s.description), 3000) AS description,
               left(plain_text(s.description_ru), 3000) AS description_ru,
               left(s.brand, 100) AS brand, s.category,
               CASE WHEN s.price ~ '^[0-9]{1,10}([.,][0-9]{1,4})?$'
                    THEN round(replace(s.price, ',', '.')::numeric * 100)::bigint END AS cost_minor,
               s.currency,
               CASE WHEN s.weight ~ '^[0-9]{1,5}([.,][0-9]{1,6})?$'
                    THEN round(replace(s.weight, ',', '.')::numeric * 1000)::int END AS weight_g,
               s.electronic,
               CASE WHEN s.delivery_days ~ '^[0-9]{1,2}' THEN substring(s.delivery_days FROM '^[0-9]{1,2}')::smallint
               END AS delivery_days,
               s.gtin, left(s.picture_url, 512) AS picture_url,
               CASE WHEN NOT s.available THEN 0 WHEN s.quantity ~ '^[0-9]{1,7}$' THEN s.quantity::int END AS quantity
          FROM feed_stage s
         WHERE NOT s.codes && ARRAY['E01', 'E02', 'E03', 'E04', 'E05', 'E07', 'E08']) AS v
"""

# Grain: one row = one offer of one supplier, with the shelf (our category's code) it is mapped to, if any.
_SUPPLIER_OFFERS = """
    CREATE VIEW supplier_offers AS
    SELECT o.id AS offer_id, o.supplier_id, p.program_id, p.code AS supplier_code, p.name AS supplier_name,
           p.legal_entity_id, p.margin_bp, o.supplier_sku, o.title, o.title_ru, o.description, o.description_ru,
           o.brand, o.category, m.target AS category_target, o.cost_minor, o.currency, o.weight_g, o.electronic,
           o.delivery_days, o.picture_url,
           o.state = 'active' AND p.state = 'active' AND (o.electronic OR o.weight_g IS NOT NULL) AS orderable
      FROM offer o
      JOIN supplier p ON p.id = o.supplier_id
      LEFT JOIN category_mapping m ON m.supplier_id = o.supplier_id AND m.supplier_category = o.category
"""

# Grain: one row = one offer's number of pieces as one running feed run says it; NULL is "no limit".
_FEED_RUN_STOCK = """
    CREATE VIEW feed_run_stock AS
    SELECT r.run_id, o.id AS offer_id, r.quantity
      FROM feed_row r
      JOIN feed_run n ON n.id = r.run_id
      JOIN feed f ON f.id = n.feed_id
      JOIN offer o ON o.supplier_id = f.supplier_id AND o.supplier_sku = r.sku
"""

_REWARDS = (
    """
    CREATE TABLE category (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        code text NOT NULL CONSTRAINT ck_category_code CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
        name_en text NOT NULL,
        name_ru text NOT NULL,
        icon text NOT NULL,
        artwork text NOT NULL,
        kind text NOT NULL DEFAULT 'goods'
            CONSTRAINT ck_category_kind CHECK (kind IN ('goods', 'gift_card', 'donation')),
        position smallint NOT NULL DEFAULT 0,
        CONSTRAINT uq_category_code UNIQUE (program_id, code))""",
    """
    CREATE TABLE reward (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        offer_id bigint NOT NULL REFERENCES offer,
        supplier_id int NOT NULL,
        category_id int NOT NULL REFERENCES category,
        kind text NOT NULL CONSTRAINT ck_reward_kind CHECK (kind IN ('goods', 'gift_card', 'donation')),
        electronic boolean NOT NULL,
        delivery_days smallint,
        title_en text NOT NULL,
        title_ru text NOT NULL,
        description_en text NOT NULL,
        description_ru text NOT NULL,
        points bigint NOT NULL CONSTRAINT ck_reward_points CHECK (points > 0),
        currency_id int NOT NULL,
        artwork text NOT NULL,
        rank bigint NOT NULL,
        state text NOT NULL DEFAULT 'on_sale' CONSTRAINT ck_reward_state CHECK (state IN ('on_sale', 'hidden')),
        words text NOT NULL GENERATED ALWAYS AS (lower(title_en || ' ' || title_ru || ' ' || description_en || ' '
            || description_ru)) STORED,
        published_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_reward_offer UNIQUE (program_id, offer_id))""",
    "CREATE INDEX reward_words ON reward USING gin (words gin_trgm_ops)",
    "CREATE INDEX reward_by_rank ON reward (program_id, rank DESC, id DESC) WHERE state = 'on_sale'",
    "CREATE INDEX reward_by_points ON reward (program_id, points, id) WHERE state = 'on_sale'",
    """
    CREATE TABLE stock (
        offer_id bigint PRIMARY KEY REFERENCES offer,
        on_hand int,
        reserved int NOT NULL DEFAULT 0,
        snapshot_at timestamptz NOT NULL,
        oversold_qty int NOT NULL DEFAULT 0 CONSTRAINT ck_stock_oversold CHECK (oversold_qty >= 0),
        CONSTRAINT ck_stock_reserved CHECK (0 <= reserved AND (on_hand IS NULL OR reserved <= on_hand)))
        WITH (fillfactor = 70)""",
    """
    CREATE TABLE reservation (
        key text COLLATE "C" PRIMARY KEY,
        offer_id bigint NOT NULL REFERENCES stock,
        qty int NOT NULL CONSTRAINT ck_reservation_qty CHECK (qty > 0),
        state text NOT NULL DEFAULT 'held'
            CONSTRAINT ck_reservation_state CHECK (state IN ('held', 'committed', 'released')),
        created_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz,
        CONSTRAINT ck_reservation_closed CHECK ((state = 'held') = (closed_at IS NULL)))""",
    "CREATE INDEX reservation_of_offer ON reservation (offer_id, closed_at) WHERE state <> 'released'",
)


def upgrade() -> None:
    for statement in (*_SUPPLIERS, _FEED_ROW, _SUPPLIER_OFFERS, _FEED_RUN_STOCK, *_REWARDS):
        op.execute(statement)
    grant_app("supplier", "feed", "feed_run", "feed_stage", "category_mapping", "offer")
    grant_app("category", "reward", "stock", "reservation")
    grant_append_only("feed_row_issue")
    op.execute(f"GRANT MAINTAIN ON feed_stage TO {APP_ROLE}")  # to ANALYZE what was just copied in
    grant_read("feed_row", "supplier_offers", "feed_run_stock")
