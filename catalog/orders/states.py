"""Which states an order and its consignments may go through, as tables; nothing else is allowed anywhere.

Pure. The same pairs stand in the table `order_transition`, to which every recorded change refers, so that the database
refuses a change that is not listed here. An order has no will of its own: its state follows from its consignments.

The supplier port of today has no reservation step and no void, so that a consignment goes straight from `new` to
`confirming` and can only be cancelled before its supplier is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

BIRTH = ""

CONSIGNMENT: dict[str, tuple[str, ...]] = {
    "new": ("confirming", "cancelled"),
    "confirming": ("confirmed", "in_doubt", "rejected"),
    "in_doubt": ("confirmed", "rejected"),
    "confirmed": ("preparing",),
    "preparing": ("partially_shipped", "shipped"),
    "partially_shipped": ("shipped",),
    "shipped": ("delivered",),
    "delivered": (),
    "rejected": (),
    "cancelled": (),
}

ORDER: dict[str, tuple[str, ...]] = {
    BIRTH: ("placing",),
    "placing": ("placed", "rejected", "cancelled"),
    "placed": ("in_progress",),
    "in_progress": ("completed",),
    "completed": (),
    "rejected": (),
    "cancelled": (),
}

MACHINES = {"order": ORDER, "consignment": CONSIGNMENT}

UNDECIDED = frozenset({"new", "confirming", "in_doubt"})
FAILED = frozenset({"rejected", "cancelled"})
_MOVING = frozenset({"preparing", "partially_shipped", "shipped", "delivered"})


def transitions() -> list[tuple[str, str, str]]:
    """Every allowed change as (machine, from, to)."""
    return [(name, at, to) for name, table in MACHINES.items() for at, targets in table.items() for to in targets]


def order_state(consignments: Collection[str]) -> str:
    """The state of an order whose consignments are in these states (at least one).

    `placing` until a supplier has accepted, `placed` once one has, `in_progress` once something moves, `completed`
    when everything that was not refused has arrived.
    """
    live = [state for state in consignments if state not in FAILED]
    if not live:
        return "cancelled" if "cancelled" in consignments else "rejected"
    if all(state == "delivered" for state in live):
        return "completed"
    if any(state in _MOVING for state in live):
        return "in_progress"
    return "placing" if all(state in UNDECIDED for state in live) else "placed"


def path(machine: str, start: str, goal: str) -> Sequence[str] | None:
    """The states to pass through from `start` to `goal`, the shortest way, `goal` last; empty if already there.

    None if there is no way. News may skip a stage that nobody reported ("delivered" of a parcel not yet packed).
    """
    ways: list[tuple[str, ...]] = [()]
    seen = {start}
    while ways:
        way = ways.pop(0)
        at = way[-1] if way else start
        if at == goal:
            return way
        for following in MACHINES[machine][at]:
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return None
