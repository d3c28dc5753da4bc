"""Batches of coupons with their codes; what promotions give beside money: progress, badges, tickets, segments."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

revision = "0037_coupons"
down_revision = "0036_awarding"


def upgrade() -> None:
    _batches()
    _coupons()
    _holdings()
    _tiers()
    grant_app("coupon_batch", "coupon", "coupon_member", "member_holding", "event_chain")
    grant_append_only("coupon_use", "purchase_coupon", "given_effect", "member_progress_day", "event_chain_firing")


def _batches() -> None:
    """A batch: its codes open the promotions whose `coupon` is `opens`. `made` counts its codes, but not issued ones.

    `printed` codes are made in bulk, `issued` ones when a member is given one, a `shared` one is a word for everybody.
    """
    op.execute("""
        CREATE TABLE coupon_batch (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            code text COLLATE "C" NOT NULL,
            name_en text NOT NULL,
            name_ru text NOT NULL,
            kind text NOT NULL CONSTRAINT ck_coupon_batch_kind CHECK (kind IN ('printed', 'issued', 'shared')),
            opens text COLLATE "C" NOT NULL,
            prefix text COLLATE "C" NOT NULL DEFAULT '',
            length smallint NOT NULL CONSTRAINT ck_coupon_batch_length CHECK (length BETWEEN 0 AND 30),
            wanted int NOT NULL CONSTRAINT ck_coupon_batch_wanted CHECK (wanted BETWEEN 0 AND 10000000),
            made int NOT NULL DEFAULT 0 CONSTRAINT ck_coupon_batch_made CHECK (made BETWEEN 0 AND wanted),
            uses_max int CONSTRAINT ck_coupon_batch_uses_max CHECK (uses_max > 0),
            member_uses_max int CONSTRAINT ck_coupon_batch_member_uses_max CHECK (member_uses_max > 0),
            valid_from timestamptz,
            valid_until timestamptz,
            valid_days int CONSTRAINT ck_coupon_batch_valid_days CHECK (valid_days > 0),
            state text NOT NULL CONSTRAINT ck_coupon_batch_state
                CHECK (state IN ('making', 'ready', 'cancelled', 'voided')),
            job_id bigint,
            actor text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            over_at timestamptz,
            UNIQUE (program_id, code),
            UNIQUE (id, program_id),
            CONSTRAINT ck_coupon_batch_window CHECK (valid_from < valid_until),
            CONSTRAINT ck_coupon_batch_shared CHECK ((kind = 'shared') = (uses_max IS NULL)),
            CONSTRAINT ck_coupon_batch_complete CHECK (state <> 'ready' OR made = wanted),
            CONSTRAINT ck_coupon_batch_over CHECK ((state IN ('cancelled', 'voided')) = (over_at IS NOT NULL)))""")


def _coupons() -> None:
    """A coupon is a code with its uses; `uses_max` null: as many as the promotion's own limits allow."""
    op.execute("""
        CREATE TABLE coupon (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            batch_id bigint NOT NULL,
            program_id int NOT NULL,
            uses_max int,
            used int NOT NULL DEFAULT 0,
            member_id bigint REFERENCES member,
            issued_at timestamptz,
            valid_until timestamptz,
            voided_at timestamptz,
            reserved_until timestamptz,
            code text COLLATE "C" NOT NULL,
            reserved_for text COLLATE "C",
            cause text COLLATE "C",
            void_reason text,
            UNIQUE (program_id, code),
            FOREIGN KEY (batch_id, program_id) REFERENCES coupon_batch (id, program_id),
            CONSTRAINT ck_coupon_used CHECK (used >= 0 AND used <= coalesce(uses_max, 0)),
            CONSTRAINT ck_coupon_issued CHECK ((member_id IS NULL) = (issued_at IS NULL)),
            CONSTRAINT ck_coupon_voided CHECK ((voided_at IS NULL) = (void_reason IS NULL)),
            CONSTRAINT ck_coupon_reserved CHECK ((reserved_for IS NULL) = (reserved_until IS NULL)))""")
    op.execute("CREATE INDEX coupon_batch_codes ON coupon (batch_id, id)")
    op.execute("CREATE INDEX coupon_touched ON coupon (batch_id) WHERE used > 0 OR voided_at IS NOT NULL")
    op.execute("CREATE INDEX coupon_of_member ON coupon (member_id, id) WHERE member_id IS NOT NULL")
    op.execute("CREATE INDEX coupon_cause ON coupon (cause) WHERE cause IS NOT NULL")
    op.execute("""
        CREATE TABLE coupon_use (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            coupon_id bigint NOT NULL REFERENCES coupon,
            purchase_id bigint NOT NULL,
            member_id bigint,
            change smallint NOT NULL CONSTRAINT ck_coupon_use_change CHECK (change IN (1, -1)),
            at timestamptz NOT NULL DEFAULT now(),
            UNIQUE (coupon_id, purchase_id, change))""")
    op.execute("CREATE INDEX coupon_use_purchase ON coupon_use (purchase_id)")
    op.execute("""
        CREATE TABLE purchase_coupon (
            purchase_id bigint NOT NULL,
            no smallint NOT NULL,
            coupon_id bigint REFERENCES coupon,
            code text NOT NULL,
            outcome text NOT NULL
                CONSTRAINT ck_purchase_coupon_outcome CHECK (outcome ~ '^(redeemed|idle|coupon_[a-z_]+)$'),
            PRIMARY KEY (purchase_id, no))""")
    op.execute("""
        CREATE TABLE coupon_member (
            batch_id bigint NOT NULL REFERENCES coupon_batch,
            member_id bigint NOT NULL REFERENCES member,
            used int NOT NULL DEFAULT 0 CONSTRAINT ck_coupon_member_used CHECK (used >= 0),
            PRIMARY KEY (batch_id, member_id))""")


def _holdings() -> None:
    """What promotions gave that is no money, one row for one effect; and what members have of it today.

    `holding` names what an effect changes, by how much (`change`); null: it is told, and nothing stays.
    """
    op.execute("""
        CREATE TABLE given_effect (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            member_id bigint NOT NULL REFERENCES member,
            source_id bigint NOT NULL,
            change bigint NOT NULL DEFAULT 0,
            occurred_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            undoes bigint REFERENCES given_effect,
            version int NOT NULL,
            place smallint NOT NULL,
            part smallint NOT NULL DEFAULT 0,
            depth smallint NOT NULL CONSTRAINT ck_given_effect_depth CHECK (depth BETWEEN 0 AND 3),
            source text NOT NULL CONSTRAINT ck_given_effect_source CHECK (source IN ('purchase', 'event')),
            promotion text COLLATE "C" NOT NULL,
            kind text COLLATE "C" NOT NULL,
            holding text COLLATE "C" CONSTRAINT ck_given_effect_holding CHECK (holding IN (
                'progress', 'completed', 'badge', 'crown', 'ticket', 'status', 'segment', 'attribute')),
            name text COLLATE "C" NOT NULL,
            root text COLLATE "C" NOT NULL,
            what jsonb NOT NULL,
            CONSTRAINT uq_given_effect_undoes UNIQUE (undoes),
            CONSTRAINT ck_given_effect_change CHECK (holding IS NOT NULL OR change = 0))""")
    op.execute("""
        CREATE UNIQUE INDEX uq_given_effect_once ON given_effect (source, source_id, place, part)
         WHERE undoes IS NULL""")
    op.execute("CREATE INDEX given_effect_member ON given_effect (member_id, id)")
    op.execute("""
        CREATE TABLE member_holding (
            program_id int NOT NULL REFERENCES program,
            member_id bigint NOT NULL REFERENCES member,
            kind text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            value bigint NOT NULL CONSTRAINT ck_member_holding_value CHECK (value >= 0 OR kind = 'attribute'),
            text text,
            until timestamptz,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (member_id, kind, name)) WITH (fillfactor = 80)""")
    op.execute("""
        CREATE TABLE event_chain (
            root text COLLATE "C" PRIMARY KEY,
            begun_at timestamptz NOT NULL DEFAULT now())""")
    op.execute("""
        CREATE TABLE event_chain_firing (
            root text COLLATE "C" NOT NULL REFERENCES event_chain,
            promotion text COLLATE "C" NOT NULL,
            PRIMARY KEY (root, promotion))""")
    op.execute("""
        CREATE TABLE member_progress_day (
            member_id bigint NOT NULL REFERENCES member,
            name text COLLATE "C" NOT NULL,
            day date NOT NULL,
            PRIMARY KEY (member_id, name, day))""")


def _tiers() -> None:
    """A promotion may give a tier, for a time."""
    op.execute("ALTER TABLE tier_grant DROP CONSTRAINT ck_tier_grant_source")
    op.execute("""
        ALTER TABLE tier_grant ADD CONSTRAINT ck_tier_grant_source
            CHECK (source IN ('qualified', 'subscription', 'staff', 'promotion'))""")
