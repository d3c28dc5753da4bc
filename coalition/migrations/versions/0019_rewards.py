"""Product cards shared by offers, assortments per program, categories, facets, search, and pools of codes."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_read

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
        offers int NOT NULL DEFAULT 0 CONSTRAINT ck_product_offers CHECK (offers >= 0),
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
    # `shared`: other rewards of the program may have the same card, so the grid has to choose the best of them
    """
    ALTER TABLE reward DROP COLUMN words, ADD COLUMN product_id bigint REFERENCES product, ADD COLUMN brand text,
        ADD COLUMN shared boolean NOT NULL DEFAULT false""",
    "CREATE INDEX reward_of_product ON reward (product_id, program_id)",
    "CREATE INDEX reward_by_brand ON reward (program_id, lower(brand)) WHERE state = 'on_sale'",
    # what facets count, without the texts
    """
    CREATE INDEX reward_facets ON reward (program_id, category_id) INCLUDE (id, offer_id, product_id, supplier_id,
        kind, electronic, points, brand, shared) WHERE state = 'on_sale'""",
)

# What the staff of one program have decided about cards; it never reaches another program, and no feed undoes it.
_DECISIONS = (
    """
    CREATE TABLE product_edit (
        program_id int NOT NULL,
        product_id bigint NOT NULL REFERENCES product,
        title_en text,
        title_ru text,
        description_en text,
        description_ru text,
        brand text,
        category_id int,
        hidden boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (program_id, product_id),
        CONSTRAINT fk_product_edit_category FOREIGN KEY (program_id, category_id)
            REFERENCES category (program_id, id))""",
    """
    CREATE TABLE product_pin (
        program_id int NOT NULL,
        offer_id bigint NOT NULL REFERENCES offer,
        product_id bigint NOT NULL REFERENCES product,
        PRIMARY KEY (program_id, offer_id))""",
    "CREATE INDEX product_pin_of_product ON product_pin (product_id, program_id)",
    # of a supplier as a whole, of a category as a whole, or of a supplier's goods in a category
    """
    CREATE TABLE assortment (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        supplier_id int REFERENCES supplier,
        category_id int,
        shown boolean NOT NULL,
        margin_bp int CONSTRAINT ck_assortment_margin CHECK (margin_bp BETWEEN -9999 AND 100000),
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_assortment UNIQUE NULLS NOT DISTINCT (program_id, supplier_id, category_id),
        CONSTRAINT ck_assortment_scope CHECK (num_nonnulls(supplier_id, category_id) > 0),
        CONSTRAINT fk_assortment_category FOREIGN KEY (program_id, category_id)
            REFERENCES category (program_id, id))""",
    "CREATE INDEX assortment_of_supplier ON assortment (supplier_id)",
)

# A pool's codes are the stock of its offer. A code lies here sealed, known by a keyed hash; that it was issued is a row
# of its own, which the application can only add: once for a code, once for a piece of a reservation.
_POOLS = (
    """
    CREATE TABLE code_pool (
        offer_id bigint PRIMARY KEY REFERENCES offer,
        program_id int NOT NULL,
        low_at int NOT NULL DEFAULT 10 CONSTRAINT ck_code_pool_low_at CHECK (low_at >= 0),
        is_low boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now())""",
    """
    CREATE TABLE code (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        offer_id bigint NOT NULL REFERENCES code_pool,
        sealed bytea NOT NULL,
        mark bytea NOT NULL CONSTRAINT uq_code_mark UNIQUE,
        expires_on date,
        state text NOT NULL DEFAULT 'free' CONSTRAINT ck_code_state CHECK (state IN ('free', 'issued', 'withdrawn')),
        created_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX code_free ON code (offer_id, id) WHERE state = 'free'",
    """
    CREATE TABLE code_issue (
        code_id bigint PRIMARY KEY REFERENCES code,
        reservation_key text COLLATE "C" NOT NULL REFERENCES reservation,
        unit_no int NOT NULL CONSTRAINT ck_code_issue_unit CHECK (unit_no > 0),
        issued_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_code_issue_unit UNIQUE (reservation_key, unit_no))""",
)

# A picture is fetched once for each address, and lies in the file store under the hash of what came. A card shows the
# last one that came for it.
_PICTURES = (
    """
    CREATE TABLE picture (
        url_hash bytea PRIMARY KEY,
        url text NOT NULL,
        state text NOT NULL DEFAULT 'wanted'
            CONSTRAINT ck_picture_state CHECK (state IN ('wanted', 'stored', 'refused')),
        attempts smallint NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL DEFAULT now(),
        reason text,
        sha256 text,
        width int,
        height int,
        fetched_at timestamptz,
        CONSTRAINT ck_picture_stored CHECK (state <> 'stored' OR num_nonnulls(sha256, width, height) = 3))""",
    "CREATE INDEX picture_due ON picture (due_at, url_hash) WHERE state = 'wanted'",
    """
    CREATE TABLE product_image (
        product_id bigint PRIMARY KEY REFERENCES product,
        wanted bytea NOT NULL REFERENCES picture,
        sha256 text,
        width int,
        height int,
        CONSTRAINT ck_product_image_whole CHECK (num_nonnulls(sha256, width, height) IN (0, 3)))""",
    "CREATE INDEX product_image_wanted ON product_image (wanted, product_id)",
)

# Numbers that a shop may give to anything itself (GS1: restricted circulation, variable measure, coupons) name nothing
# that two suppliers could share, valid check digit or not.
_SHARED_GTIN = """
    CREATE FUNCTION shared_gtin(gtin text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
        SELECT CASE WHEN gtin_is_valid(gtin) AND lpad(gtin, 14, '0') !~ '^(9|02|00[24]|09[89]|0{6}[02])'
                    THEN lpad(gtin, 14, '0') END $$
"""

# The Russian configuration stems Latin words as English ones, so one serves both languages. What it leaves apart is the
# fleeting vowel (подарок, подарки); that is taken out of the stems, of the texts' and of the questions' alike.
_MARKS = "!\"#$%&'()*+,-./\\:;<=>?@[]^_`{|}~«»“”„’№°·…‐‑–—"
_SEARCH = (
    f"""
    CREATE FUNCTION plain_words(words text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
        SELECT translate(lower(words COLLATE "default"), $marks$ё{_MARKS}$marks$, 'е{" " * len(_MARKS)}') $$""",
    """
    CREATE FUNCTION without_fleeting_vowels(stems text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
        SELECT regexp_replace(stems, $re$([а-я][бвгджзклмнпрстфхцчшщ])[оеь]([гклнрц])'$re$, $to$\\1\\2'$to$, 'g') $$""",
    """
    CREATE FUNCTION search_vector(title text, names text, body text) RETURNS tsvector
        IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
        SELECT CAST(without_fleeting_vowels(CAST(
            setweight(to_tsvector('russian', plain_words(coalesce(title, ''))), 'A')
            || setweight(to_tsvector('russian', plain_words(coalesce(names, ''))), 'B')
            || setweight(to_tsvector('russian', replace(lower(coalesce(body, '')), 'ё', 'е')), 'D')
            AS text)) AS tsvector) $$""",
    """
    CREATE FUNCTION search_query(words text) RETURNS tsquery IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
        SELECT without_fleeting_vowels(plainto_tsquery('russian', plain_words(words))::text)::tsquery $$""",
    """
    CREATE TABLE reward_words (
        reward_id bigint PRIMARY KEY REFERENCES reward,
        source_hash bigint NOT NULL,
        vector tsvector NOT NULL)""",
    "CREATE INDEX reward_words_vector ON reward_words USING gin (vector)",
    "CREATE TABLE reward_to_index (reward_id bigint PRIMARY KEY REFERENCES reward)",
    # the words of a program's names, which a mistyped one is compared with
    """
    CREATE TABLE search_word (
        program_id int NOT NULL,
        word text COLLATE "C" NOT NULL,
        PRIMARY KEY (program_id, word))""",
    "CREATE INDEX search_word_alike ON search_word USING gist (program_id, word gist_trgm_ops)",
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

# Grain: one row = one offer with the numbers and attributes that say what it is.
_OFFER_NUMBERS = """
    CREATE VIEW offer_numbers AS
    SELECT id AS offer_id, supplier_id, gtin, mpn, attributes FROM offer
"""

# Grain: one row = one supplier as members see it.
_SUPPLIER_NAMES = """
    CREATE VIEW supplier_names AS SELECT id AS supplier_id, program_id, code, name FROM supplier
"""


def upgrade() -> None:
    for statement in (*_CATEGORIES, *_PRODUCTS, *_DECISIONS, *_POOLS, *_PICTURES, _SHARED_GTIN, *_SEARCH):
        op.execute(statement)
    for view in (_OFFER_NUMBERS, _SUPPLIER_NAMES, _REWARD_PRICES):
        op.execute(view)
    op.execute("INSERT INTO reward_to_index (reward_id) SELECT id FROM reward")
    grant_app("product", "product_offer", "product_edit", "product_pin", "assortment")
    grant_app("code_pool", "code", "picture", "product_image")
    grant_append_only("code_issue")
    grant_app("reward_words", "reward_to_index", "search_word")
    grant_read("reward_prices", "offer_numbers", "supplier_names")
