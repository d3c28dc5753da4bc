"""Programs, currencies, partners, legal entities and outlets."""

import sqlalchemy as sa
from alembic import op

from coalition.migrations.grants import grant_app

revision = "0004_programs"
down_revision = "0003_ledger"

_PARTNER_CODE = "code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'"


def upgrade() -> None:
    op.create_table(
        "program",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("currency_decimals", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,30}$'", name="code"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        sa.CheckConstraint("currency_decimals BETWEEN 0 AND 4", name="currency_decimals"),
    )
    op.create_table(
        "currency",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("program_id", sa.Integer, sa.ForeignKey("program.id"), nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_ru", sa.String, nullable=False),
        sa.Column("decimals", sa.Integer, nullable=False),
        sa.Column("face_minor", sa.Numeric(12, 6), nullable=False),
        sa.Column("expiry_months", sa.Integer),
        sa.Column("attribution", sa.String, nullable=False),
        sa.UniqueConstraint("program_id", "code"),
        sa.CheckConstraint("code ~ '^[A-Z][A-Z0-9]{1,11}$'", name="code"),
        sa.CheckConstraint("decimals BETWEEN 0 AND 4", name="decimals"),
        sa.CheckConstraint("expiry_months IS NULL OR expiry_months BETWEEN 1 AND 120", name="expiry_months"),
        sa.CheckConstraint("face_minor > 0", name="face_minor"),
        sa.CheckConstraint("attribution = 'fefo'", name="attribution"),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("program_id", sa.Integer, sa.ForeignKey("program.id"), nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("program_id", "code"),
        sa.CheckConstraint(_PARTNER_CODE, name="code"),
        sa.CheckConstraint(
            "kind IN ('operator', 'retail', 'fuel', 'bank', 'airline', 'supplier', 'other')", name="kind"
        ),
    )
    op.create_index(
        "partner_one_operator", "partner", ["program_id"], unique=True, postgresql_where="kind = 'operator'"
    )
    op.create_table(
        "legal_entity",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("program_id", sa.Integer, sa.ForeignKey("program.id"), nullable=False),
        sa.Column("partner_id", sa.Integer, sa.ForeignKey("partner.id"), nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("tax_id", sa.String, nullable=False),
        sa.UniqueConstraint("program_id", "code"),
        sa.CheckConstraint(_PARTNER_CODE, name="code"),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
    )
    op.create_index("legal_entity_partner", "legal_entity", ["partner_id"])
    op.create_table(
        "outlet",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("partner_id", sa.Integer, sa.ForeignKey("partner.id"), nullable=False),
        sa.Column("legal_entity_id", sa.Integer, sa.ForeignKey("legal_entity.id"), nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("city", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.UniqueConstraint("partner_id", "code"),
        sa.CheckConstraint(_PARTNER_CODE, name="code"),
    )
    grant_app("program", "currency", "partner", "legal_entity", "outlet")
