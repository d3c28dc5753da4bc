"""The console: staff find members, see all of one, and follow files; every look at a member leaves a trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
    from coalition.console import member_pages, overview, purchase_page, registry_pages, search_page
    from coalition.console.frame import blueprint

    assert member_pages and overview and purchase_page and registry_pages and search_page  # they fill the blueprint
    app.register_blueprint(blueprint)
