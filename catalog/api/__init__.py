"""The partners' door of this floor: the catalog, quotes, orders, and what suppliers and carriers call in."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the endpoints."""
    from catalog.api import callbacks, catalog, me, orders, payments, quotes, suppliers
    from coalition.kernel.web import api

    api.register(app, catalog.blp, suppliers.blp, quotes.blp, orders.blp, callbacks.blp, payments.blp, me.blp)
