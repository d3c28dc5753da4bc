"""A purchase as a partner sends it, and what becomes of it: the values of this room.

Amounts are integers in the minor unit of the receipt's currency, quantities thousandths.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from coalition import members
from coalition.kernel.errors import Refusal
from coalition.partners.exposure import Declined


class Line(NamedTuple):
    """One line. `amount` is authoritative (price times quantity need not match); `category` is a hint no rule uses."""

    no: int
    amount: int
    qty_m: int | None = None
    price: int | None = None
    sku: str | None = None
    name: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A purchase before it is recorded. `member` is an identifier (kind, value), None for an anonymous purchase.

    `hold` is (wallet account, hold id) of points to be captured as tender, `points_paid` the money that they replace;
    `redeem` is money to be paid with points on the spot, by points currency (None: the main one), with a `proof`.
    `on_unknown` says what to do while nobody has the identifier (`refuse` or `hold`, None: as its source does).
    `waited_for` is the member for whom the receipt, which had come in time, was waiting. `rows` are its lines as
    `lines.written` writes them, if that was done already. `coupons` are those of promotions that the till has named.
    """

    external_id: str
    occurred_at: dt.datetime
    outlet: str
    currency: str
    lines: tuple[Line, ...]
    total: int
    member: tuple[str, str] | None
    channel: str
    hold: tuple[int, int] | None
    points_paid: int
    payments: tuple[Mapping[str, Any], ...]
    request_hash: bytes
    redeem: tuple[tuple[str | None, int], ...] = ()
    proof: str | None = None
    on_unknown: str | None = None
    waited_for: members.Recognised | None = None
    rows: Sequence[str] = ()
    coupons: tuple[str, ...] = ()
    quote: str | None = None

    @property
    def spends(self) -> bool:
        """Whether points pay for some of it."""
        return self.hold is not None or bool(self.redeem)

    @property
    def mcc(self) -> str | None:
        """The merchant category of its payments."""
        return next((mcc for payment in self.payments if (mcc := payment.get("mcc"))), None)


class ShownCoupon(NamedTuple):
    """A coupon as it was shown: `outcome` is redeemed, idle (good, and not needed), or why it opens nothing."""

    code: str
    outcome: str


class GrantedAward(NamedTuple):
    """An award as it was booked: how many units each line brought, and the reason as key and numbers."""

    no: int
    promotion: str
    version: int
    currency_id: int
    units: int
    lines: Mapping[str, int]
    available_at: dt.datetime
    expires_at: dt.datetime | None
    reason_key: str
    reason_params: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Discount:
    """Money that a promotion takes off, in minor units, and how much of it falls to each line."""

    promotion: str
    version: int
    effect: int
    minor: int
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded purchase. `captured` is (points, currency id) of the hold that paid, None without one; `redeemed` the
    same of points that paid on the spot; `declined` what of its awards exceeded the limit of its funder.

    `state` is recorded, partly_returned, returned or voided, `returned` what came back of each line (number,
    thousandths; None for a line without a quantity). For a replay in a batch, `awards`, `redeemed`, `returned`,
    `declined` and `state` are those of a new purchase without them: `find` reads them.
    """

    id: int
    external_id: str
    partner_id: int
    member_id: int | None
    occurred_at: dt.datetime
    currency: str
    total: int
    awards: tuple[GrantedAward, ...] = ()
    captured: tuple[int, int] | None = None
    replayed: bool = False
    redeemed: tuple[tuple[int, int], ...] = ()
    state: str = "recorded"
    returned: tuple[tuple[int, int | None], ...] = ()
    discounts: tuple[Discount, ...] = ()
    coupons: tuple[ShownCoupon, ...] = ()
    declined: tuple[Declined, ...] = ()

    def add_to(self, issued: Counter[int]) -> None:
        """Add what it earned to units by the id of their currency."""
        for award in self.awards:
            issued[award.currency_id] += award.units


@dataclass(frozen=True, slots=True)
class Refused:
    """A receipt that was not recorded, and why; nothing of it remains and its external id is free."""

    external_id: str
    refusal: Refusal
