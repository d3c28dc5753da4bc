"""Back-tests of promotions, drafts that run in the shadow of live traffic, and experiments.

What is tried is kept whole, as the engine runs it, so that every figure can be explained when drafts have moved on.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

revision = "0038_trials"
down_revision = "0037_coupons"

_TABLES = (
    # A back-test that was asked for, and what became of it. `until` is its last day, of the program's zone.
    """
    CREATE TABLE backtest (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        title text NOT NULL CONSTRAINT ck_backtest_title CHECK (title <> ''),
        state text NOT NULL DEFAULT 'asked' CONSTRAINT ck_backtest_state
            CHECK (state IN ('asked', 'running', 'done', 'cancelled', 'failed')),
        since date NOT NULL,
        until date NOT NULL,
        ruleset_id int REFERENCES ruleset,
        candidate jsonb NOT NULL CONSTRAINT ck_backtest_candidate CHECK (jsonb_typeof(candidate) = 'object'),
        watched text[] NOT NULL,
        quoted boolean NOT NULL,
        margin_bp int NOT NULL CONSTRAINT ck_backtest_margin CHECK (margin_bp BETWEEN 0 AND 10000),
        redeemed_bp int NOT NULL CONSTRAINT ck_backtest_redeemed CHECK (redeemed_bp BETWEEN 0 AND 10000),
        job_id bigint,
        done bigint NOT NULL DEFAULT 0,
        total bigint,
        figures jsonb,
        error text,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CONSTRAINT ck_backtest_days CHECK (since <= until),
        CONSTRAINT ck_backtest_figures CHECK ((state = 'done') = (figures IS NOT NULL)),
        CONSTRAINT ck_backtest_finished CHECK ((state IN ('asked', 'running')) = (finished_at IS NULL)))""",
    "CREATE INDEX backtest_program ON backtest (program_id, id)",
    "CREATE INDEX backtest_open ON backtest (id) WHERE state IN ('asked', 'running')",
    # Grain: one row = one receipt of a back-test that gets other units of one currency under the draft.
    """
    CREATE TABLE backtest_difference (
        backtest_id bigint NOT NULL REFERENCES backtest,
        purchase_id bigint NOT NULL,
        member_id bigint NOT NULL,
        currency text NOT NULL,
        active bigint NOT NULL,
        draft bigint NOT NULL,
        PRIMARY KEY (backtest_id, purchase_id, currency),
        CONSTRAINT ck_backtest_difference CHECK (active <> draft))""",
    # A draft that live traffic is played to, without effects; `after_id` is the last purchase that it has seen.
    """
    CREATE TABLE shadow (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        title text NOT NULL CONSTRAINT ck_shadow_title CHECK (title <> ''),
        candidate jsonb NOT NULL CONSTRAINT ck_shadow_candidate CHECK (jsonb_typeof(candidate) = 'object'),
        watched text[] NOT NULL,
        after_id bigint NOT NULL,
        seen bigint NOT NULL DEFAULT 0 CONSTRAINT ck_shadow_seen CHECK (seen >= 0),
        started_by text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        stopped_at timestamptz)""",
    "CREATE INDEX shadow_running ON shadow (program_id) WHERE stopped_at IS NULL",
    # `day` tells the days of a counter that rolls apart; others have the first day of all.
    """
    CREATE TABLE shadow_counter (
        shadow_id bigint NOT NULL REFERENCES shadow,
        key text COLLATE "C" NOT NULL,
        day date NOT NULL,
        used bigint NOT NULL CONSTRAINT ck_shadow_counter_used CHECK (used >= 0),
        PRIMARY KEY (shadow_id, key, day))""",
    # Grain: one row = what one promotion of a shadow would have given for one live purchase, in one currency.
    """
    CREATE TABLE shadow_award (
        shadow_id bigint NOT NULL REFERENCES shadow,
        purchase_id bigint NOT NULL,
        no smallint NOT NULL,
        member_id bigint NOT NULL,
        occurred_on date NOT NULL,
        promotion text NOT NULL,
        currency text NOT NULL,
        units bigint NOT NULL CONSTRAINT ck_shadow_award_units CHECK (units > 0),
        PRIMARY KEY (shadow_id, purchase_id, no))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_app("backtest", "backtest_difference", "shadow", "shadow_counter")
    grant_append_only("shadow_award")
