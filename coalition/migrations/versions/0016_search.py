"""What staff search by: names, e-mail addresses and phone numbers of profiles; registries of a program."""

from alembic import op

revision = "0016_search"
down_revision = "0015_wallets"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX profile_name ON profile USING gin ((' ' || lower(first_name || ' ' || last_name)) gin_trgm_ops)"
    )
    op.execute("CREATE INDEX profile_email ON profile (lower(email)) WHERE email <> ''")
    op.execute("CREATE INDEX profile_phone ON profile (regexp_replace(phone, '[^0-9]', '', 'g')) WHERE phone <> ''")
    op.execute("CREATE INDEX registry_program ON registry (program_id, id)")
