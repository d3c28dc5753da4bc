"""How often everybody of a program is billed: its periods are the same for all, and an agreement may name no others.

A program's cycle is that of its latest period, a month before there is any: whoever closes `2026-Q4` or `2026-W47`
makes it quarterly or weekly. Stretches of other days count as monthly.
"""

from __future__ import annotations

from coalition.kernel.db import fetch_one
from coalition.kernel.errors import FieldError, Invalid

_CYCLE = """
    SELECT CASE WHEN code ~ 'Q' THEN 'quarter' WHEN code ~ 'W' THEN 'week' WHEN length(code) = 10 THEN 'day'
                ELSE 'month' END AS cycle
      FROM settlement_period WHERE program_id = :program ORDER BY starts_on DESC, id DESC LIMIT 1"""


def program_cycle(program_id: int) -> str:
    """By which periods a program is settled: `day`, `week`, `month` or `quarter`."""
    row = fetch_one(_CYCLE, {"program": program_id})
    return str(row.cycle) if row else "month"


def demand_cycle(program_id: int, cycle: str) -> None:
    """Refuse to promise an entity another cycle than its program has. Invalid, with `cycle_differs` at `/cycle`."""
    kept = program_cycle(program_id)
    if cycle != kept:
        detail = f"The program is settled by the {kept}; one company cannot be billed otherwise."
        raise Invalid("invalid", "This cannot be agreed.", [FieldError("/cycle", "cycle_differs", detail)])
