"""In which order redeemed points come back follows agreements: the ledger is told each entity's, by time.

A redemption at an entity is undone as the agreement says that was in force on its day; where none was, and for what is
redeemed in the catalog of an operator without one, last drawn first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from coalition import ledger, partners, programs
from coalition.kernel import clock
from settlement.terms.agreements import Agreement, select

_DAY = dt.timedelta(days=1)


def apply_reversal_order(entity_id: int) -> bool:
    """Bring an entity's order of reversal in line with its active versions; whether it has changed.

    The caller has locked the entity's agreement.
    """
    active = select("legal_entity_id = :id AND state = 'active'", {"id": entity_id})
    zone = programs.get(partners.entity(entity_id).program_id).zone
    steps = {clock.start_of_day(day, zone): order for day, order in _steps(active).items()}
    return ledger.set_reversal_orders(entity_id, steps)


def _steps(versions: Iterable[Agreement]) -> dict[dt.date, str]:
    """From which day on which order holds, changes only; before the first, and where nothing is agreed, the usual."""
    usual = ledger.REVERSAL_ORDERS[0]
    told: dict[dt.date, str] = {}
    for one in sorted(versions, key=lambda version: version.starts_on):
        told[one.starts_on] = one.reversal_order
        if one.ends_on is not None and one.ends_on < dt.date.max:
            told[one.ends_on + _DAY] = usual
    before, steps = usual, {}
    for day, order in sorted(told.items()):
        if order != before:
            steps[day] = before = order
    return steps
