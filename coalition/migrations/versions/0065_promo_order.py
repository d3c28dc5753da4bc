"""Promo accounts are drawn in the order that their priorities say, and those of one priority by what ends first."""

from coalition.migrations.functions import install_functions

revision = "0065_promo_order"
down_revision = "0064_suspended_returns"


def upgrade() -> None:
    install_functions("choose")
