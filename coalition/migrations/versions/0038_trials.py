"""Back-tests of promotions and experiments."""

revision = "0038_trials"
down_revision = "0037_coupons"


def upgrade() -> None:
    pass
