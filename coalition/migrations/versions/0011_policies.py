"""Policies of programs and currencies: life cycle, expiry, spending limits, promo accounts, rates, safe halt."""

revision = "0011_policies"
down_revision = "0010_points"


def upgrade() -> None:
    pass
