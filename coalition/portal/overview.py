"""The portal's first page: what waits for the partner, and how its day and its week go."""

from __future__ import annotations

from typing import Any

from flask import render_template

from coalition.kernel.db import transact
from coalition.portal import menu
from coalition.portal.frame import EVERYBODY, blueprint, viewer


@blueprint.get("/")
def overview() -> str:
    """How the partner stands."""
    return render_template("portal/overview.html", nav="portal", **transact(_overview))


def _overview() -> dict[str, Any]:
    colleague = viewer(*EVERYBODY)
    return {"partner": colleague.partner, "tasks": menu.tasks(colleague)}
