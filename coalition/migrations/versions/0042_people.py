"""People register, confirm, prove a second factor and are invited."""

revision = "0042_people"
down_revision = "0041_oauth"


def upgrade() -> None:
    pass
