"""Batches of coupons with their codes, and what coupons, badges, draws and statuses members hold."""

revision = "0037_coupons"
down_revision = "0036_awarding"


def upgrade() -> None:
    pass
