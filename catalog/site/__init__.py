"""The members' door of this floor: the catalog, a reward, wishes, the cart, checkout, orders."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
    from catalog.site import (  # noqa: F401 - they add pages
        cart,
        checkout,
        grid,
        orders,
        paying,
        payment,
        pictures,
        reward,
        wishes,
    )
    from catalog.site.blueprint import blueprint

    app.register_blueprint(blueprint)
    cart.init_app(app)
