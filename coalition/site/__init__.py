"""The members' door of this floor: sign-in, cabinet, preferences."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
