"""The ledger beyond the plain path: restrictions, attribution rules, arrears, points given back, moved, idle."""

revision = "0010_points"
down_revision = "0009_settlement"


def upgrade() -> None:
    pass
