"""What promotions gave: evaluations, counters of limits and their leases, progress; products of assortments."""

revision = "0036_awarding"
down_revision = "0035_partner_people"


def upgrade() -> None:
    pass
