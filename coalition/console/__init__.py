"""The console: staff find members, see all of one, and follow files; every look at a member leaves a trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills the blueprint."""
    from coalition.console import (  # noqa: F401
        approval_pages,
        audit_pages,
        correction_pages,
        currency_pages,
        factor_pages,
        holding_pages,
        identifier_pages,
        job_pages,
        launch_page,
        letter_pages,
        list_files,
        mapping_pages,
        marketing,
        member_pages,
        merge_pages,
        overview,
        partner_client_pages,
        partner_pages,
        partner_standing_pages,
        people_pages,
        plan_pages,
        policy_pages,
        program_pages,
        promo_pages,
        purchase_page,
        registry_pages,
        return_pages,
        search_page,
        standing_pages,
        suspense_pages,
        tier_pages,
    )
    from coalition.console.administration import blueprint as administration
    from coalition.console.coupon_pages import blueprint as coupons
    from coalition.console.frame import blueprint

    app.register_blueprint(blueprint)
    app.register_blueprint(administration)
    marketing.init_app(app)
    app.register_blueprint(coupons)
