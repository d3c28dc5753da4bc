"""The partners' door of this floor: a supplier's own people send feeds, count stock, and see to their orders."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask_babel import gettext

from coalition.portal import menu
from coalition.portal.menu import Entry


def init_app(app: Flask) -> None:
    """Register the pages; importing a module of pages fills the blueprint."""
    from catalog.portal import feed_pages, order_pages, stock_pages  # noqa: F401
    from catalog.portal.frame import blueprint
    from catalog.portal.waiting import waiting

    app.register_blueprint(blueprint)
    menu.add(
        app,
        _entry("portal-supply", "order_list", lambda: gettext("Orders to ship"), "truck", 40, main=True),
        _entry("portal-stock", "stock_list", lambda: gettext("Stock"), "box-seam", 41),
        _entry("portal-feeds", "feed_list", lambda: gettext("Feeds"), "cloud-upload", 42),
    )
    menu.tells(app, waiting)


def _entry(key: str, page: str, words: Callable[[], str], sign: str, place: int, *, main: bool = False) -> Entry:
    """A page of the menu that a supplier's people see."""
    from catalog.portal.frame import PEOPLE, is_supplier

    return Entry(key, f"supply.{page}", words, sign, place, main, PEOPLE, is_supplier)
