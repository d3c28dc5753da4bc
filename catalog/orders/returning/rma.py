"""The words of a return of an order (RMA), and the states it may go through. Pure.

Like Solidus, each item is received and accepted separately: what came back is one thing, what is refunded another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

BIRTH = ""
RMA: dict[str, tuple[str, ...]] = {
    BIRTH: ("requested",),
    "requested": ("authorized", "refused", "cancelled"),
    "authorized": ("in_transit", "expired", "cancelled"),
    "in_transit": ("received", "lost_in_transit"),
    "received": ("inspected",),
    "inspected": ("accepted", "partly", "rejected"),
    "accepted": ("refunded",),
    "partly": ("refunded",),
    "rejected": ("closed",),
    "refunded": ("closed",),
    "refused": (),
    "expired": (),
    "cancelled": (),
    "lost_in_transit": (),
    "closed": (),
}
REASONS = ("damaged", "wrong_item", "not_as_described", "changed_mind", "arrived_late", "other")
# Nothing came of these: their pieces may be returned after all.
VOID = frozenset({"refused", "expired", "cancelled"})
OPEN = frozenset({"requested", "authorized", "in_transit", "received", "inspected"})
# The way of the goods, of which stages may be passed that nobody reported.
_WAY = ("authorized", "in_transit", "received", "inspected")


@dataclass(frozen=True, slots=True)
class ReturnItem:
    """Pieces of one line that are to come back.

    `reception`: awaiting, in_transit, received, missing, lost or cancelled, with how many came; `acceptance`: pending,
    accepted, partly or rejected, with how many are paid back, in points (minor units) and cash.
    """

    line_no: int
    qty: int
    reception: str
    received_qty: int
    acceptance: str
    accepted_qty: int
    points: int
    cash_minor: int


@dataclass(frozen=True, slots=True)
class ReturnChange:
    """A recorded change of a return's state, and by whom."""

    to_state: str
    reason: str | None
    actor: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Return:
    """A return as it stands, with everything that has happened to it, oldest first.

    Goods are sent to `address` until `send_until`, with the label at `label_url` if the supplier gives one. `note` is
    what staff wrote to the member.
    """

    id: int
    program_id: int
    order_id: int
    consignment_id: int
    partner_id: int
    external_id: str
    state: str
    reason: str
    comment: str | None
    note: str | None
    address: str | None
    label_url: str | None
    requested_at: dt.datetime
    send_until: dt.datetime | None
    refund_points: int
    refund_cash_minor: int
    items: tuple[ReturnItem, ...]
    changes: tuple[ReturnChange, ...]

    @property
    def cancellable(self) -> bool:
        """Whether the member may still keep everything after all."""
        return "cancelled" in RMA[self.state]


@dataclass(frozen=True, slots=True)
class Returnable:
    """Pieces of a line that can be returned at this moment, and until when it may be asked for."""

    line_no: int
    consignment_id: int
    supplier_id: int
    left: int
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """How a supplier takes goods back: within so many days of the delivery, sent within so many of the permission.

    `auto_authorize`: without asking; `address` is where they go.
    """

    days: int = 14
    send_within_days: int = 14
    auto_authorize: bool = False
    address: str = ""


def transitions() -> list[tuple[str, str]]:
    """Every allowed change as (from, to)."""
    return [(at, to) for at, targets in RMA.items() for to in targets]


def way(start: str, goal: str) -> Sequence[str] | None:
    """The states to pass through to `goal`, `goal` last; empty if already there, None if there is no way."""
    if start == goal:
        return ()
    if goal in RMA[start]:
        return (goal,)
    if start in _WAY and goal in _WAY and _WAY.index(start) < _WAY.index(goal):
        return _WAY[_WAY.index(start) + 1 : _WAY.index(goal) + 1]
    return None


def share(amount: int, pieces: int, before: int, more: int) -> int:
    """What `more` pieces of a line come to of its amount, after `before` others: whatever the steps, they sum up."""
    return amount * (before + more) // pieces - amount * before // pieces
