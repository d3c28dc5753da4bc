"""After the pivot: only forward, from what suppliers and carriers report, until it is delivered."""

from __future__ import annotations

import datetime as dt

from catalog.orders.moving import Locked, lock, move
from catalog.orders.states import UNDOING, path
from catalog.orders.supplying.issuing import owe


def progress(consignment_id: int, goal: str) -> bool:
    """Bring a consignment to `goal` (`preparing`, `partially_shipped`, `shipped`); whether anything changed.

    Stages that nobody reported are passed on the way. News that is late, repeated or impossible changes nothing. A
    parcel that has left answers a cancellation that was asked for: it stands.
    """
    return _go(lock(consignment_id), goal)


def deliver(consignment_id: int, delivered_at: dt.datetime) -> bool:
    """Everything has arrived: the consignment is delivered and its supplier is owed for it; whether this was news."""
    consignment = lock(consignment_id)
    if not _go(consignment, "delivered"):
        return False
    owe(consignment, delivered_at)
    return True


def _go(consignment: Locked, goal: str) -> bool:
    way = path("consignment", consignment.state, goal)
    if not way or (consignment.state in UNDOING and goal == "preparing"):
        return False
    move(consignment, way)
    return True
