"""Promotions as they are kept: drafts and their life, campaigns, groups, versions and rulesets that stand as they are.

A document is kept as its canonical JSON, so that its hash can be asked of the text itself; versions and rulesets are
only ever added. `promo_setting` is the one row that publishers of a program queue at: it counts their rulesets.
Whether a published promotion is still to come, running or over, follows from its dates and is stored nowhere.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_app, grant_append_only, grant_read

revision = "0034_promotions"
down_revision = "0033_catalog"

_CODE = "^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"
_HASHED = "CHECK (sha256 = sha256(convert_to(document, 'UTF8')) AND jsonb_typeof(document::jsonb) = 'object')"

_STATEMENTS = (
    """
    CREATE TABLE promo_setting (
        program_id int PRIMARY KEY REFERENCES program,
        exclude jsonb CONSTRAINT ck_promo_setting_exclude CHECK (jsonb_typeof(exclude) = 'object'),
        earn_on text NOT NULL DEFAULT 'money' CONSTRAINT ck_promo_setting_earn_on CHECK (earn_on IN ('money', 'gross')),
        draw_secret bytea,
        last_no int NOT NULL DEFAULT 0 CONSTRAINT ck_promo_setting_last_no CHECK (last_no >= 0))""",
    f"""
    CREATE TABLE campaign (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        code text NOT NULL CONSTRAINT ck_campaign_code CHECK (code ~ '{_CODE}'),
        name_en text NOT NULL,
        name_ru text NOT NULL,
        starts_at timestamptz,
        ends_at timestamptz,
        segments_any text[] NOT NULL DEFAULT '{{}}',
        segments_none text[] NOT NULL DEFAULT '{{}}',
        control_bp int NOT NULL DEFAULT 0 CONSTRAINT ck_campaign_control_bp CHECK (control_bp BETWEEN 0 AND 9000),
        communication jsonb CONSTRAINT ck_campaign_communication CHECK (jsonb_typeof(communication) = 'object'),
        budget jsonb CONSTRAINT ck_campaign_budget CHECK (jsonb_typeof(budget) = 'object'),
        sponsor jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        changed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_campaign_code UNIQUE (program_id, code),
        CONSTRAINT ck_campaign_dates CHECK (starts_at < ends_at))""",
    f"""
    CREATE TABLE promo_group (
        program_id int NOT NULL REFERENCES program,
        code text NOT NULL CONSTRAINT ck_promo_group_code CHECK (code ~ '{_CODE}'),
        mode text NOT NULL CONSTRAINT ck_promo_group_mode CHECK (mode IN ('all', 'first', 'best')),
        scope text NOT NULL CONSTRAINT ck_promo_group_scope CHECK (scope IN ('receipt', 'line')),
        PRIMARY KEY (program_id, code))""",
    f"""
    CREATE TABLE promotion (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        code text NOT NULL CONSTRAINT ck_promotion_code CHECK (code ~ '{_CODE}'),
        state text NOT NULL DEFAULT 'draft'
            CONSTRAINT ck_promotion_state CHECK (state IN ('draft', 'published', 'paused', 'ended', 'archived')),
        version int CONSTRAINT ck_promotion_version CHECK (version >= 1),
        begins_at timestamptz,
        ends_at timestamptz,
        draft jsonb CONSTRAINT ck_promotion_draft CHECK (jsonb_typeof(draft) = 'object'),
        draft_no int NOT NULL DEFAULT 0,
        draft_by text,
        approval_id bigint CONSTRAINT uq_promotion_approval UNIQUE REFERENCES approval,
        created_at timestamptz NOT NULL DEFAULT now(),
        changed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_promotion_code UNIQUE (program_id, code),
        CONSTRAINT ck_promotion_versioned
            CHECK (version IS NOT NULL OR (state IN ('draft', 'archived') AND draft IS NOT NULL)),
        CONSTRAINT ck_promotion_published CHECK (state <> 'draft' OR version IS NULL),
        CONSTRAINT ck_promotion_review CHECK (approval_id IS NULL OR draft IS NOT NULL),
        CONSTRAINT ck_promotion_drafted CHECK ((draft IS NULL) = (draft_by IS NULL)))""",
    f"""
    CREATE TABLE promotion_version (
        promotion_id int NOT NULL REFERENCES promotion,
        version int NOT NULL CONSTRAINT ck_promotion_version_no CHECK (version >= 1),
        document text NOT NULL,
        sha256 bytea NOT NULL,
        actor text NOT NULL,
        approval_id bigint REFERENCES approval,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (promotion_id, version),
        CONSTRAINT ck_promotion_version_hash {_HASHED})""",
    """
    ALTER TABLE promotion ADD CONSTRAINT fk_promotion_version
        FOREIGN KEY (id, version) REFERENCES promotion_version (promotion_id, version) DEFERRABLE INITIALLY DEFERRED""",
    f"""
    CREATE TABLE ruleset (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        no int NOT NULL CONSTRAINT ck_ruleset_no CHECK (no >= 1),
        since timestamptz NOT NULL,
        document text NOT NULL,
        sha256 bytea NOT NULL,
        note text NOT NULL,
        actor text NOT NULL,
        published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_ruleset_no UNIQUE (program_id, no),
        CONSTRAINT ck_ruleset_hash {_HASHED})""",
    """
    CREATE FUNCTION history_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END $$""",
    *(
        f"CREATE TRIGGER {table}_stands BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION history_stands()"
        for table in ("promotion_version", "ruleset")
    ),
    """
    CREATE VIEW promotion_now AS
    SELECT p.*,
           CASE WHEN p.state = 'draft' AND p.approval_id IS NOT NULL THEN 'review'
                WHEN p.state IN ('published', 'paused') AND p.ends_at <= now() THEN 'ended'
                WHEN p.state = 'published' AND p.begins_at > now() THEN 'scheduled'
                WHEN p.state = 'published' THEN 'active'
                ELSE p.state END AS phase
      FROM promotion p""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    grant_app("promo_setting", "campaign", "promo_group")
    grant_append_only("promotion", "promotion_version", "ruleset")
    grant_read("promotion_now")
    op.execute(
        "GRANT UPDATE (state, version, begins_at, ends_at, draft, draft_no, draft_by, approval_id, changed_at)"
        f" ON promotion TO {APP_ROLE}"
    )
