"""Bundles of closed statements, and the one tree of everything that was ever stated, with its signed heads."""

revision = "0028_proofs"
down_revision = "0027_closing"


def upgrade() -> None:
    pass
