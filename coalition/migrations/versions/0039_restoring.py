"""Points that come back to the very lots they came from, in proportion where an agreement says so."""

revision = "0039_restoring"
down_revision = "0038_trials"


def upgrade() -> None:
    pass
