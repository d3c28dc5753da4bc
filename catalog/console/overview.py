"""The first page of the catalog's console: what waits for a decision, and who supplies."""

from __future__ import annotations

from typing import Any

from flask import render_template

from catalog import suppliers
from catalog.console.frame import blueprint, choices, chosen_program, page
from coalition.kernel.db import transact


@blueprint.get("")
def overview() -> str:
    """What there is to do."""
    return render_template("desk/overview.html", **page("overview"), **transact(_overview))


def _overview() -> dict[str, Any]:
    program = chosen_program()
    return {**choices(program), "suppliers": suppliers.standings(program.id)}
