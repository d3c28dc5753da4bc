"""How much of a funder's limit is taken, in leases, without a row that all purchases share."""

revision = "0032_exposure"
down_revision = "0031_reports"


def upgrade() -> None:
    pass
