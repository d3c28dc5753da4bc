"""The partners' door of this floor: a partner's people read and agree to its own statements, and dispute them."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills the blueprint."""
    from settlement.portal import act_pages, dispute_pages, statement_pages  # noqa: F401
    from settlement.portal.blueprint import blueprint

    app.register_blueprint(blueprint)
