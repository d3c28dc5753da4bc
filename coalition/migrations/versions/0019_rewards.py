"""Product cards shared by offers, assortments per program, categories, facets, search, and pools of codes."""

revision = "0019_rewards"
down_revision = "0018_feeds"


def upgrade() -> None:
    pass
