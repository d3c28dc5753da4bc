"""What a return takes back of an award by evaluating anew: what the purchase earned, less what it would earn now.

The promotion runs once more on the lines that are left, as of the original time and with the counters from before the
original. Source: design of promotions, 3.6; vector V11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from coalition.promotions.engine.running import run
from coalition.promotions.engine.terms import MONEY, Promotion


def taken_back(
    program: Mapping[str, Any],
    promotions: Iterable[Promotion],
    event: Mapping[str, Any],
    counters: Mapping[str, int],
    returned_m: Mapping[int, int],
) -> dict[tuple[str, int, str], int]:
    """By promotion, effect and currency: the units that go back once these thousandths of the lines are returned.

    Never less than nothing; a line that came back whole is as if it had never been bought.
    """
    known = list(promotions)
    before = _units(run(program, known, event, counters).effects)
    after = _units(run(program, known, remaining(event, returned_m), counters).effects)
    return {award: units - after.get(award, 0) for award, units in before.items() if units > after.get(award, 0)}


def remaining(event: Mapping[str, Any], returned_m: Mapping[int, int]) -> dict[str, Any]:
    """The event without what was returned: amounts shrink with the quantity, rounded down."""
    kept = []
    for line in event["payload"]["lines"]:
        sold, back = line.get("qty_m") or 1, returned_m.get(line["no"], 0)
        if back < sold:
            amount = line["amount"] - line["amount"] * back // sold
            kept.append({**line, "qty_m": sold - back, "amount": amount})
    return {**event, "payload": {**event["payload"], "lines": kept}}


def _units(effects: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int, str], int]:
    return {(one["promotion"], one["effect"], one["currency"]): one["units"] for one in effects if one["kind"] in MONEY}
