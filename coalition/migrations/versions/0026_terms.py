"""What is agreed: every term of an agreement, its approval, and settlement models as data.

A version is proposed, and active once a second person has approved exactly it; only active ones price anything. The
trigger lets nobody, in whatever way, change what a version says: a proposal is decided once, an active version may
only end earlier, on a day that has not begun. What a redeemer is paid is one generated column, be it a rate or a
commission on the face value, so that whoever prices movements reads one thing.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_append_only

revision = "0026_terms"
down_revision = "0025_showcase"

_MODELS = (
    """
    CREATE TABLE settlement_model (
        code text PRIMARY KEY CONSTRAINT ck_settlement_model_code CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
        delay text NOT NULL CONSTRAINT ck_settlement_model_delay CHECK (delay IN ('immediate', 'deferred')),
        granularity text NOT NULL CONSTRAINT ck_settlement_model_granularity CHECK (granularity IN ('gross', 'net')),
        interchange text NOT NULL
            CONSTRAINT ck_settlement_model_interchange CHECK (interchange IN ('bilateral', 'multilateral')),
        defined_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_settlement_model_terms UNIQUE (delay, granularity, interchange),
        CONSTRAINT ck_settlement_model_sense CHECK ((delay = 'deferred' OR granularity = 'gross')
            AND (granularity = 'net' OR interchange = 'bilateral')))""",
    """
    INSERT INTO settlement_model (code, delay, granularity, interchange) VALUES
        ('deferred_net', 'deferred', 'net', 'multilateral'),
        ('deferred_net_bilateral', 'deferred', 'net', 'bilateral'),
        ('deferred_gross', 'deferred', 'gross', 'bilateral'),
        ('immediate_gross', 'immediate', 'gross', 'bilateral')""",
)

_AGREEMENT = (
    """
    ALTER TABLE agreement
        ADD COLUMN state text NOT NULL DEFAULT 'active'
            CONSTRAINT ck_agreement_state CHECK (state IN ('proposed', 'active', 'refused', 'withdrawn')),
        ADD COLUMN approval_id bigint CONSTRAINT uq_agreement_approval UNIQUE REFERENCES approval,
        ADD COLUMN redeemer_commission numeric(7, 6)
            CONSTRAINT ck_agreement_commission CHECK (redeemer_commission BETWEEN 0 AND 1),
        ADD COLUMN face_value numeric CONSTRAINT ck_agreement_face CHECK (face_value > 0),
        ADD COLUMN redeemer_price numeric GENERATED ALWAYS AS
            (trim_scale(coalesce(redeemer_rate, face_value * (1 - redeemer_commission)))) STORED,
        ADD COLUMN reversal_order text NOT NULL DEFAULT 'last_drawn_first'
            CONSTRAINT ck_agreement_reversal CHECK (reversal_order IN ('last_drawn_first', 'pro_rata')),
        ADD COLUMN cycle text NOT NULL DEFAULT 'month'
            CONSTRAINT ck_agreement_cycle CHECK (cycle IN ('day', 'week', 'month', 'quarter')),
        ADD COLUMN credit_limit_minor bigint CONSTRAINT ck_agreement_credit CHECK (credit_limit_minor >= 0),
        ADD COLUMN prefund_minor bigint CONSTRAINT ck_agreement_prefund CHECK (prefund_minor >= 0),
        ADD COLUMN over_limit text NOT NULL DEFAULT 'decline'
            CONSTRAINT ck_agreement_over_limit CHECK (over_limit IN ('decline', 'throttle')),
        ADD COLUMN model text NOT NULL DEFAULT 'deferred_net' REFERENCES settlement_model,
        DROP CONSTRAINT ck_agreement_vat_profile,
        ADD CONSTRAINT ck_agreement_vat_profile CHECK (vat_profile IN ('UK_SERVICE', 'DE_THIRD_PARTY', 'NONE')),
        ADD CONSTRAINT ck_agreement_redeemer_one CHECK (num_nonnulls(redeemer_rate, redeemer_commission) <= 1
            AND (redeemer_commission IS NULL) = (face_value IS NULL)),
        ADD CONSTRAINT ck_agreement_cap_one CHECK (num_nonnulls(credit_limit_minor, prefund_minor) <= 1),
        ADD CONSTRAINT ck_agreement_approved CHECK (state = 'active' OR approval_id IS NOT NULL),
        DROP CONSTRAINT ex_agreement_overlap,
        ADD CONSTRAINT ex_agreement_overlap
            EXCLUDE USING gist (legal_entity_id WITH =, valid WITH &&) WHERE (state = 'active')""",
    "CREATE UNIQUE INDEX agreement_proposed ON agreement (legal_entity_id) WHERE state = 'proposed'",
    """
    CREATE FUNCTION agreement_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF lower(NEW.valid) <> lower(OLD.valid) OR NOT OLD.valid @> NEW.valid
           OR (NEW.valid <> OLD.valid AND upper(NEW.valid) < (now() AT TIME ZONE 'UTC')::date)
           OR (NEW.state <> OLD.state AND OLD.state <> 'proposed') THEN
            RAISE EXCEPTION 'agreement % stands as it is', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$""",
    "CREATE TRIGGER agreement_stands BEFORE UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION agreement_stands()",
)

_CHARGES = """
    ALTER TABLE statement_line
        DROP CONSTRAINT ck_statement_line_code,
        ADD CONSTRAINT ck_statement_line_code CHECK (code IN ('issue_funding', 'service_fee', 'redemption_funding',
            'redeemed', 'breakage', 'breakage_taxed', 'breakage_untaxed', 'supplied', 'delivery', 'taken_back'))"""


def upgrade() -> None:
    for statement in (*_MODELS, *_AGREEMENT, _CHARGES):
        op.execute(statement)
    grant_append_only("settlement_model")
    op.execute(f"GRANT UPDATE (state) ON agreement TO {APP_ROLE}")
