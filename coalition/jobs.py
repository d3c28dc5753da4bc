"""The jobs' door of this floor: what is done on a schedule or after a commit."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Importing this module has registered its handlers and schedules."""
