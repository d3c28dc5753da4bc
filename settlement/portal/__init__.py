"""The partners' door of this floor: a partner's people read and agree to its own statements, and dispute them."""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext

from coalition.portal import menu
from coalition.portal.menu import Entry


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills the blueprint."""
    from settlement.portal import act_pages, agreement_page, dispute_pages, list_files, statement_pages  # noqa: F401
    from settlement.portal.blueprint import blueprint
    from settlement.portal.waiting import waiting

    app.register_blueprint(blueprint)
    menu.add(
        app,
        Entry(
            "portal-statements",
            "portal_statements.statements",
            lambda: gettext("Statements"),
            "file-earmark-text",
            60,
            main=True,
        ),
        Entry("portal-disputes", "portal_statements.disputes", lambda: gettext("Disputes"), "chat-left-text", 61),
        Entry(
            "portal-agreements", "portal_statements.agreements", lambda: gettext("Agreements"), "file-earmark-check", 62
        ),
    )
    menu.tells(app, waiting)
