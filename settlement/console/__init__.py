"""The console's door of this floor: finance closes periods and reads statements."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
    from settlement.console import pages, report_file_pages, report_pages, report_settings_pages  # noqa: F401

    for one in (pages, report_pages):
        app.register_blueprint(one.blueprint)
