"""The partners' door of this floor: tokens, members, purchases, holds, registries."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the endpoints, and let the room `access` say who a bearer is."""
    from coalition import access
    from coalition.api import (
        changes,
        currencies,
        docs,
        events,
        exchanges,
        explaining,
        holds,
        limiting,
        magic,
        me,
        members,
        moving,
        oauth,
        purchases,
        quotes,
        registries,
        returns,
        webhooks,
    )
    from coalition.kernel.web import api

    app.register_blueprint(oauth.blueprint)
    docs.init_app(app)
    api.check_bearers_with(app, access.authenticate)
    magic.init_app(app)
    api.register(app, members.blp, purchases.blp, returns.blp, explaining.blp, holds.blp, moving.blp, exchanges.blp)
    api.register(app, me.blp, events.blp, registries.blp, quotes.blp)
    api.register(app, webhooks.blp, changes.blp, currencies.blp)
    limiting.init_app(app, app.config["COALITION"])
