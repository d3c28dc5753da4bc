"""A return as a partner sends it, and what becomes of it: the values of giving back.

A void is a return of all that a purchase had, under a business key of its own: the purchase never happened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from coalition.purchases.receipts import GrantedAward

RETURN, VOID = "return", "void"


class ReturnedLine(NamedTuple):
    """A line asked for: so many thousandths of it, or (None) all that is left of it."""

    no: int
    qty_m: int | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return (or a void, which names no lines) before it is recorded.

    The purchase is named by our number or by the partner's external id. The hash covers what is returned, not how the
    purchase is named, so that a return sent over the API and again in a registry is one return. `of_bank`: it came as
    an amount, not as lines.
    """

    external_id: str
    kind: str
    occurred_at: dt.datetime
    lines: tuple[ReturnedLine, ...]
    request_hash: bytes
    purchase_id: int | None = None
    purchase_external_id: str | None = None
    of_bank: bool = False


class GivenLine(NamedTuple):
    """A line of a recorded return: thousandths (None for a line sold without a quantity) and the money paid back."""

    no: int
    qty_m: int | None
    refund: int


@dataclass(frozen=True, slots=True)
class Clawed:
    """What a return took back of an award: `units`, of which `owed` are arrears now and `waived` were let go.

    `own` came out of the award's own lot, `others` out of the member's other points; `lines` are the units by line.
    """

    award: GrantedAward
    units: int
    own: int
    others: int
    owed: int
    waived: int
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """Points that had paid and went back to the lots they came from."""

    tender_no: int
    units: int
    currency_id: int
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Returned:
    """A recorded return. `refund` is the money to be paid back, in minor units of the purchase's currency."""

    id: int
    kind: str
    external_id: str
    purchase_id: int
    purchase_external_id: str
    partner_id: int
    member_id: int | None
    occurred_at: dt.datetime
    refund: int
    lines: tuple[GivenLine, ...] = ()
    clawed_back: tuple[Clawed, ...] = ()
    restored: tuple[Restored, ...] = ()
    replayed: bool = False
