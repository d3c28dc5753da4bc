"""The words of a price promise: what was asked, at which price, delivered how, until when. Pure values.

Points are in the minor unit of the program's main currency, costs in minor units of their own currency.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.ports import Address


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """How a supplier sends one consignment: `points` the member pays, `cost_minor` the supplier is owed for it."""

    supplier_id: int
    code: str
    kind: str
    points: int
    cost_minor: int
    days_min: int
    days_max: int

    @property
    def electronic(self) -> bool:
        """Whether nothing is carried: it arrives by e-mail."""
        return self.kind == "electronic"


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One reward at its frozen price: points asked of the member and cost owed to the supplier, per piece."""

    no: int
    supplier_id: int
    electronic: bool
    reward_id: int
    offer_id: int
    supplier_sku: str
    title_en: str
    title_ru: str
    artwork: str
    qty: int
    unit_points: int
    unit_cost_minor: int
    cost_currency: str

    def title(self, language: str) -> str:
        """The title in `en` or `ru`."""
        return self.title_ru if language == "ru" else self.title_en

    @property
    def points(self) -> int:
        """What the whole line costs the member."""
        return self.qty * self.unit_points

    @property
    def cost_minor(self) -> int:
        """What the whole line costs us."""
        return self.qty * self.unit_cost_minor


@dataclass(frozen=True, slots=True)
class Quote:
    """A promise to sell these lines at these points until `expires_at`; it is used once, for one order."""

    id: int
    program_id: int
    member_id: int
    partner_id: int
    currency_id: int
    state: str
    method: str
    address: Address | None
    expires_at: dt.datetime
    goods_points: int
    delivery_points: int
    lines: tuple[QuotedLine, ...]
    deliveries: tuple[DeliveryOption, ...]

    @property
    def points(self) -> int:
        """The whole price: goods and delivery."""
        return self.goods_points + self.delivery_points

    @property
    def needs_address(self) -> bool:
        """Whether anything is carried to a place."""
        return not all(option.electronic for option in self.deliveries)

    def lines_of(self, option: DeliveryOption) -> tuple[QuotedLine, ...]:
        """The lines that one supplier sends in one way: a consignment to be."""
        share = (option.supplier_id, option.electronic)
        return tuple(line for line in self.lines if (line.supplier_id, line.electronic) == share)
