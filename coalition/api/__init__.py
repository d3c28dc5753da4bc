"""The partners' door of this floor: tokens, members, purchases, holds, registries."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the endpoints."""
