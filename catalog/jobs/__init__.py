"""The jobs' door of this floor: feeds to import, orders to carry to their suppliers, carts to close."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Importing these modules registers their handlers and schedules."""
    from catalog.jobs import (  # noqa: F401
        callbacks,
        carts,
        feeding,
        feeds,
        news,
        orders,
        parcels,
        payments,
        pictures,
        prices,
        shelves,
        suppliers,
    )

    news.init()
