"""Promotions as they are kept: campaigns, versions, rulesets, budgets, product groups, coupons."""

revision = "0034_promotions"
down_revision = "0033_catalog"


def upgrade() -> None:
    pass
