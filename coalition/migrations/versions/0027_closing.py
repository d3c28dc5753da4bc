"""How a period closes: its checklist, rates of exchange, adjustments, versions of statements, netting."""

revision = "0027_closing"
down_revision = "0026_terms"


def upgrade() -> None:
    pass
