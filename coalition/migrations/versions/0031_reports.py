"""Reports that take long: asked for, made by a job, kept for thirty days."""

revision = "0031_reports"
down_revision = "0030_reconciliation"


def upgrade() -> None:
    pass
