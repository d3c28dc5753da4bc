"""Which states an order and its consignments may go through, as tables; nothing else is allowed anywhere.

Pure. The same pairs stand in the table `order_transition`, to which every recorded change refers, so that the database
refuses a change that is not listed here. An order has no will of its own: its state follows from its consignments.

`confirming` is the pivot. Before it everything can be called off (`rejected`: nobody delivers, `released`: called off
by us or the member); after it only forward, or by the supplier's consent (`cancelled`, `voided`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

BIRTH = ""

CONSIGNMENT: dict[str, tuple[str, ...]] = {
    "new": ("reserving",),
    "reserving": ("reserved", "rejected"),
    "reserved": ("confirming", "released"),
    "confirming": ("confirmed", "in_doubt", "rejected"),
    "in_doubt": ("confirmed", "rejected"),
    "confirmed": ("preparing", "issued", "cancel_requested"),
    "preparing": ("partially_shipped", "shipped", "cancel_requested"),
    "partially_shipped": ("shipped",),
    "shipped": ("delivered",),
    "delivered": ("closed",),
    "issued": ("closed", "void_requested"),
    "cancel_requested": ("cancelled", "confirmed", "preparing"),
    "void_requested": ("voided", "issued"),
    "closed": (),
    "rejected": (),
    "released": (),
    "cancelled": (),
    "voided": (),
}

ORDER: dict[str, tuple[str, ...]] = {
    BIRTH: ("placing",),
    "placing": ("placed", "rejected"),
    "placed": ("in_progress", "cancelled"),
    "in_progress": ("completed", "cancelled"),
    "completed": (),
    "rejected": (),
    "cancelled": (),
}

MACHINES = {"order": ORDER, "consignment": CONSIGNMENT}

BEFORE_PIVOT = frozenset({"new", "reserving", "reserved"})
UNDECIDED = BEFORE_PIVOT | {"confirming", "in_doubt"}
FAILED = frozenset({"rejected", "released", "cancelled", "voided"})
UNDOING = frozenset({"cancel_requested", "void_requested"})
AWAITING = UNDECIDED | {"confirmed"}  # what a supplier has still to say something about
ARRIVED = frozenset({"delivered", "closed"})
_CALLED_OFF = FAILED - {"rejected"}
_MOVING = frozenset({"preparing", "partially_shipped", "shipped", "issued", "void_requested"}) | ARRIVED
_STAGES = ("placing", "placed", "in_progress", "completed")


def transitions() -> list[tuple[str, str, str]]:
    """Every allowed change as (machine, from, to)."""
    return [(name, at, to) for name, table in MACHINES.items() for at, targets in table.items() for to in targets]


def order_state(consignments: Collection[str], so_far: str = "placing") -> str:
    """The state of an order whose consignments are in these states (at least one); it never goes back from `so_far`.

    `placing` until a supplier has accepted, `placed` once one has, `in_progress` once something moves, `completed`
    when everything that did not come to nothing has arrived.
    """
    live = [state for state in consignments if state not in FAILED]
    if not live:
        return "cancelled" if so_far != "placing" or not _CALLED_OFF.isdisjoint(consignments) else "rejected"
    if all(state in ARRIVED for state in live):
        return "completed"
    if any(state in _MOVING for state in live):
        stage = "in_progress"
    else:
        stage = "placing" if all(state in UNDECIDED for state in live) else "placed"
    return max(stage, so_far, key=_STAGES.index)


def partly(consignments: Collection[str]) -> str | None:
    """What is true of a part of an order only: `partially_shipped`, `..._delivered`, `..._cancelled`, `..._confirmed`.

    The furthest of them that some consignment has reached and another has not; None where all are alike.
    """
    for name, reached in _PARTS:
        count = sum(state in reached for state in consignments)
        if 0 < count < len(consignments):
            return name
    return "partially_shipped" if "partially_shipped" in consignments else None


_PARTS = (
    ("partially_delivered", ARRIVED | {"issued", "void_requested"}),
    ("partially_shipped", ARRIVED | {"shipped"}),
    ("partially_cancelled", FAILED),
    ("partially_confirmed", frozenset(CONSIGNMENT) - UNDECIDED - FAILED),
)


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
