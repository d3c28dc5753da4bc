"""The console's door of this floor: finance closes periods and reads statements."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
    from settlement.console import finance_pages, pages

    app.register_blueprint(finance_pages.blueprint)
    app.register_blueprint(pages.blueprint)
