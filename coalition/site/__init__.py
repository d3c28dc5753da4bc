"""The members' door of this floor: sign-in, cabinet, preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
    from coalition.site import (
        apps,
        cabinet,
        consenting,
        factors,
        family,
        holdings,
        paying,
        preferences,
        safety,
        signin,
        viewer,
    )

    signin.init_app(app, app.config["COALITION"])
    viewer.init_app(app)
    app.register_blueprint(preferences.blueprint)
    app.register_blueprint(cabinet.blueprint)
    app.register_blueprint(paying.blueprint)
    app.register_blueprint(family.blueprint)
    app.register_blueprint(holdings.blueprint)
    app.register_blueprint(consenting.blueprint)
    app.register_blueprint(apps.blueprint)
    app.register_blueprint(safety.blueprint)
    app.register_blueprint(factors.blueprint)
