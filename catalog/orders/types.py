"""The words of an order: its lines, its consignments (one supplier's share), and what was asked of a supplier.

Pure values. Points are in the minor unit of the order's currency, costs in minor units of `cost_currency`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.orders.states import FAILED, UNDECIDED, partly
from catalog.ports import Address, SupplierAccess, SupplierLine


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One reward as it was ordered, at the price that was quoted.

    `state` is `open` until its supplier decides, then `accepted` or `released`. `split_from`: it is the part of that
    line which nobody promises. `points_paid` and `cash_minor` are what is paid for it.
    """

    no: int
    consignment_id: int
    reward_id: int
    supplier_sku: str
    title_en: str
    title_ru: str
    artwork: str
    qty: int
    unit_points: int
    state: str
    answer: str | None
    split_from: int | None
    points_paid: int
    cash_minor: int

    def title(self, language: str) -> str:
        """The title in `en` or `ru`."""
        return self.title_ru if language == "ru" else self.title_en

    @property
    def points(self) -> int:
        """What the whole line costs."""
        return self.qty * self.unit_points


@dataclass(frozen=True, slots=True)
class Change:
    """A recorded change of state of an order (`consignment_id` None) or of one of its consignments."""

    consignment_id: int | None
    to_state: str
    reason: str | None
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Consignment:
    """One supplier's share of an order: the unit of the supplier's work and of the points held for it.

    `points` is its price, `points_paid` and `cash_minor` how that is paid; of the points so many are captured,
    released, and given back after all. `sla_due_at`: by when its state should be over.
    """

    id: int
    no: int
    supplier_id: int
    state: str
    reason: str | None
    delivery_kind: str
    points: int
    delivery_points: int
    expected_on: dt.date
    client_ref: str
    external_id: str | None
    points_paid: int
    points_captured: int
    points_released: int
    points_refunded: int
    cash_minor: int
    cash_captured: int
    cash_refunded: int
    sla_due_at: dt.datetime | None
    void_until: dt.datetime | None
    cancellable: bool
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands, with everything that has happened to it, oldest first."""

    id: int
    program_id: int
    partner_id: int
    external_id: str
    member_id: int
    currency_id: int
    state: str
    points: int
    points_paid: int
    cash_minor: int
    cash_currency: str | None
    payment: str
    method: str
    address: Address
    placed_at: dt.datetime
    consignments: tuple[Consignment, ...]
    changes: tuple[Change, ...]

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        """All lines in their order."""
        return tuple(sorted((line for parcel in self.consignments for line in parcel.lines), key=lambda line: line.no))

    @property
    def points_held(self) -> int:
        """Points set aside for what no supplier has decided yet."""
        return sum(parcel.points_paid for parcel in self.consignments if parcel.state in UNDECIDED)

    @property
    def points_released(self) -> int:
        """Points that went back for what was refused or called off, and came back for what was cancelled later."""
        return sum(parcel.points_released + parcel.points_refunded for parcel in self.consignments)

    @property
    def points_captured(self) -> int:
        """Points paid for what a supplier has accepted and not taken back."""
        return sum(parcel.points_captured - parcel.points_refunded for parcel in self.consignments)

    @property
    def cancellable(self) -> bool:
        """Whether anything of it can still be called off, or asked back from its supplier."""
        return any(parcel.cancellable for parcel in self.consignments)

    @property
    def partly(self) -> str | None:
        """What is true of a part of it only (`partially_shipped`, ...), None if nothing is."""
        return partly([parcel.state for parcel in self.consignments])

    @property
    def reason(self) -> str | None:
        """Why the order came to nothing, if it did: the reason of the first failed consignment."""
        if self.state not in FAILED:
            return None
        return next((parcel.reason for parcel in self.consignments if parcel.reason), None)


@dataclass(frozen=True, slots=True)
class Summary:
    """An order in a list."""

    id: int
    placed_at: dt.datetime
    state: str
    points: int
    parcels: int
    expected_on: dt.date | None
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask of a supplier, outside any transaction. `step`: `reserve`, `confirm`, `look`, `cancel` or `release`.

    `look_first`: an earlier request may have arrived. `resend`: if it did not, it may be sent again. `agreed`: the
    terms of the cancellation are accepted. `checks`: how often it was looked up before.
    """

    consignment_id: int
    step: str
    access: SupplierAccess
    client_ref: str
    external_id: str | None
    lines: tuple[SupplierLine, ...]
    address: Address
    look_first: bool
    resend: bool
    agreed: bool
    checks: int


@dataclass(frozen=True, slots=True)
class ReservedLine:
    """Pieces of a supplier's article and the key under which they are reserved."""

    sku: str
    qty: int
    reservation_key: str
