"""The jobs' door of this floor, a module for each story."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Importing these modules registers their handlers and schedules."""
    from settlement.jobs import accruing, exposing, invoicing, news, paying, proving, reconciling, reporting  # noqa: F401
