"""A partner's own files, how they differ from ours, and disputes on lines."""

revision = "0030_reconciliation"
down_revision = "0029_payouts"


def upgrade() -> None:
    pass
