"""The blueprint of the documentation; anybody may read it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("docs", __name__, url_prefix="/api/docs")
