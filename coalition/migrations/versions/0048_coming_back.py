"""What a payment freed of a limit is used again when the money goes back: a freeing may be negative."""

from alembic import op

revision = "0048_coming_back"
down_revision = "0047_rewarding"


def upgrade() -> None:
    op.execute("ALTER TABLE exposure_freeing DROP CONSTRAINT ck_exposure_freeing_amount")
