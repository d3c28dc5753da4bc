"""Members beyond enrolment: identifiers in every form, proofs, families, merging, tiers, subscriptions."""

revision = "0012_people"
down_revision = "0011_policies"


def upgrade() -> None:
    pass
