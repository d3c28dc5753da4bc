"""The marketers' desk: promotions from an idea to what is in force, and what they compete and pay by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills the blueprint."""
    from coalition.console.marketing import (  # noqa: F401
        backtest_pages,
        building,
        calendar_page,
        campaign_pages,
        change_pages,
        deciding,
        draw_pages,
        experiment_pages,
        expert_page,
        goods_pages,
        group_pages,
        list_files,
        listing,
        promotion_page,
        proposal_pages,
        ruleset_pages,
        setting_page,
        shadow_pages,
        starting,
    )
    from coalition.console.marketing.frame import blueprint

    app.register_blueprint(blueprint)
