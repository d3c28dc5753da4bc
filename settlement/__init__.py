"""Floor 3: who owes whom, proven from the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Open this floor's doors."""
    from coalition.kernel import laws as kernel_laws
    from settlement import api, cli, console, jobs, laws, portal

    kernel_laws.register(laws.laws)
    api.init_app(app)
    console.init_app(app)
    portal.init_app(app)
    jobs.init_app(app)
    cli.init_app(app)
