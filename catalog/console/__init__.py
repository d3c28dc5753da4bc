"""The console's door of this floor: the catalog's staff feed it, price it, and see every order to its door."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills the blueprint."""
    from catalog.console import (  # noqa: F401
        assortment_pages,
        carrier_pages,
        category_pages,
        delivery_pages,
        enlisting_pages,
        feed_pages,
        list_files,
        listing_pages,
        order_pages,
        overview,
        payment_pages,
        product_pages,
        return_pages,
        rule_pages,
        run_pages,
        shelf_pages,
        supplier_pages,
        terms_pages,
    )
    from catalog.console.frame import blueprint

    app.register_blueprint(blueprint)
