"""The authorization server: grants, codes, refresh tokens and clients' keys."""

revision = "0041_oauth"
down_revision = "0040_marketer"


def upgrade() -> None:
    pass
