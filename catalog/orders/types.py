"""The words of an order: its lines, its consignments (one supplier's share), and what was asked of a supplier.

Pure values. Points are in the minor unit of the order's currency, costs in minor units of `cost_currency`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.orders.states import FAILED, UNDECIDED
from catalog.ports import Address, SupplierAccess, SupplierLine


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One reward as it was ordered, at the price that was quoted."""

    no: int
    consignment_id: int
    reward_id: int
    supplier_sku: str
    title_en: str
    title_ru: str
    artwork: str
    qty: int
    unit_points: int

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
    """One supplier's share of an order: the unit of the supplier's work and of the points held for it."""

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
        return sum(parcel.points for parcel in self.consignments if parcel.state in UNDECIDED)

    @property
    def points_released(self) -> int:
        """Points that went back for what was refused or cancelled."""
        return sum(parcel.points for parcel in self.consignments if parcel.state in FAILED)

    @property
    def points_captured(self) -> int:
        """Points paid for what a supplier has accepted."""
        return self.points - self.points_held - self.points_released

    @property
    def cancellable(self) -> bool:
        """Whether no supplier has been asked yet."""
        return all(parcel.state == "new" for parcel in self.consignments)

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
    """What to ask of a supplier, outside any transaction. `look_first`: an earlier request may have arrived."""

    consignment_id: int
    access: SupplierAccess
    client_ref: str
    lines: tuple[SupplierLine, ...]
    address: Address
    look_first: bool
    checks: int
