"""The partners' door of this floor: a partner's people see and change what is that partner's, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills the blueprint."""
    from coalition.portal import (  # noqa: F401
        client_pages,
        company_page,
        list_files,
        member_pages,
        menu,
        operation_pages,
        outlet_file_pages,
        outlet_pages,
        overview,
        promotion_pages,
        receipt_pages,
        registry_pages,
        report_pages,
        request_pages,
        team_pages,
        testing_pages,
        webhook_pages,
    )
    from coalition.portal.frame import blueprint

    menu.init_app(app)
    app.register_blueprint(blueprint)
