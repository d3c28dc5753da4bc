"""Earning without VAT: the rate of each product, and whether a program's members earn on prices with it or without."""

from alembic import op

revision = "0055_earning_bases"
down_revision = "0053_counted_points"

_TABLES = (
    """
    ALTER TABLE assortment_item
        ADD COLUMN vat_bp int CONSTRAINT ck_assortment_item_vat CHECK (vat_bp BETWEEN 0 AND 9999)""",
    """
    ALTER TABLE promo_setting
        ADD COLUMN earn_vat text NOT NULL DEFAULT 'with'
            CONSTRAINT ck_promo_setting_earn_vat CHECK (earn_vat IN ('with', 'without')),
        ADD COLUMN vat_bp int NOT NULL DEFAULT 0
            CONSTRAINT ck_promo_setting_vat CHECK (vat_bp BETWEEN 0 AND 9999)""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
