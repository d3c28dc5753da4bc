"""The console's door of this floor: finance closes periods and reads statements."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
    from settlement.console import agreement_pages, pages

    for page in (pages, agreement_pages):
        app.register_blueprint(page.blueprint)
