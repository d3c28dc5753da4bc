"""The administrators' pages share who may enter: administrators act, auditors look, nobody else sees anything."""

from __future__ import annotations

from flask import Blueprint

from coalition.site.viewer import require_role

blueprint = Blueprint("administration", __name__, url_prefix="/console")


@blueprint.before_request
def _administrators_only() -> None:
    require_role("admin")
