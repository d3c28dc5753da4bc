"""What is agreed: every term of an agreement, its approval, and settlement models as data."""

revision = "0026_terms"
down_revision = "0025_showcase"


def upgrade() -> None:
    pass
