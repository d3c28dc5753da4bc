"""Payment runs, what a provider was asked and answered, invoices, and what a bank says has been paid."""

revision = "0029_payouts"
down_revision = "0028_proofs"


def upgrade() -> None:
    pass
