"""The members' door of this floor: the catalog, a reward, wishes, the cart, checkout, orders."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
    from catalog.site import (  # noqa: F401 - importing adds the pages
        cart,
        checkout,
        events,
        flights,
        grid,
        orders,
        paying,
        payment,
        pictures,
        returns,
        reward,
        wishes,
    )
    from catalog.site.blueprint import blueprint

    app.register_blueprint(blueprint)
    cart.init_app(app)
