"""The functions of the ledger's online path: one file each in `coalition/ledger/sql/`, installed by revisions.

Whenever the text of one changes, a revision installs it anew; a file may only name columns that exist by then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

_SQL = Path(__file__).parents[1] / "ledger" / "sql"


def install_functions(*names: str) -> None:
    """Create or replace functions of the ledger from their files, in this order."""
    connection: Any = op.get_bind().connection.driver_connection
    for name in names:
        connection.execute((_SQL / f"{name}.sql").read_text(encoding="utf-8"))
