"""The first page of the catalog's console: what waits for a decision, and who supplies."""

from __future__ import annotations

from typing import Any

from flask import render_template

from catalog import orders, shipments, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, page
from coalition.kernel.db import transact

_MOST = 100


@blueprint.get("")
def overview() -> str:
    """What there is to do."""
    return render_template("desk/overview.html", **page("overview"), **transact(_overview))


def _overview() -> dict[str, Any]:
    program = chosen_program()
    known = suppliers.standings(program.id)
    numbers = [one.id for one in known]
    loads = orders.loads(program.id)
    feeds = suppliers.feeds(numbers)
    return {
        **choices(program),
        "suppliers": known,
        "most": _MOST,
        "cases": len(orders.cases(program.id, limit=_MOST).items),
        "trouble": sum(one.stuck + one.late + one.in_doubt for one in loads),
        "parcels": len(shipments.alarms(program.id, limit=_MOST).items),
        "held": len(suppliers.undecided(numbers, _MOST)),
        "prices": len(suppliers.quarantined_prices(numbers, limit=_MOST)),
        "stale": sum(one.freshness != "fresh" or one.state != "active" for one in feeds if one.url),
    }
