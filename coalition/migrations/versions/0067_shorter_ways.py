"""The online debit and the sweep go shorter ways: see `debit.sql` and `expire.sql`."""

from coalition.migrations.functions import install_functions

revision = "0067_shorter_ways"
down_revision = "0066_ages"


def upgrade() -> None:
    install_functions("debit", "expire", "end")
