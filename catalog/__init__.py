"""Floor 2: what points can buy, and getting it to the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Open this floor's doors."""
    from catalog import api, cli, console, jobs, laws, portal, site

    laws.register()
    api.init_app(app)
    site.init_app(app)
    console.init_app(app)
    portal.init_app(app)
    jobs.init_app(app)
    cli.init_app(app)
