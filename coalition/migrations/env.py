"""Alembic's environment: it migrates as the schema's owner, and it imports no floor.

The metadata comes from the application that runs the command; tables without a model (the ledger's, written in SQL)
are left alone by autogenerate.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import NullPool, create_engine, text

target_metadata = current_app.extensions["migrate"].db.metadata
_MIGRATION_LOCK = 7_305_512


def _include(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    if kind == "table":
        return not reflected or name in target_metadata.tables
    return not (kind == "index" and reflected and compared is None)


def run() -> None:
    """Run the migrations one at a time over all processes that try."""
    url = current_app.config["COALITION"].owner_url
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            include_object=_include,
            compare_type=True,
            transaction_per_migration=True,
            autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
        )
        with context.begin_transaction():
            context.run_migrations()


run()
