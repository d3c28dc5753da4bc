"""The console's first page: the search, what waits for somebody, and the latest files."""

from __future__ import annotations

from typing import Any

from flask import render_template

from coalition import purchases
from coalition.console.frame import blueprint, choices, chosen_program
from coalition.console.registry_pages import tending
from coalition.console.registry_tending import told
from coalition.kernel import approvals
from coalition.kernel.db import transact

_LATEST = 5


@blueprint.get("")
def overview() -> str:
    """What there is to do."""
    return render_template("console/overview.html", nav="console", **transact(_overview))


def _overview() -> dict[str, Any]:
    program = chosen_program()
    latest = purchases.list_registries(program.id, None, _LATEST).items
    return {
        **choices(program),
        "states": purchases.registry_states(program.id),
        "suspended": purchases.waiting_count(program.id),
        "asked": len(approvals.waiting()),
        "registries": told(program.id, latest),
        "tending": tending(),
        "query": "",
        "errors": [],
    }
