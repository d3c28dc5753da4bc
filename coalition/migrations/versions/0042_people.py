"""People register, confirm, prove a second factor and are invited."""

revision = "0042_people"
down_revision = "0041_oauth"


def upgrade() -> None:
    from alembic import op

    op.execute("INSERT INTO role (id, name) VALUES (8, 'auditor'), (9, 'partner_admin'), (10, 'supplier')")
