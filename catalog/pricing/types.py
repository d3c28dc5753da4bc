"""The words of a price promise: what was asked, at which price, delivered how, until when. Pure values.

Points are in the minor unit of the program's main currency, costs in minor units of their own currency.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from catalog.ports import Address
from catalog.rewards import kind_of


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """How a supplier sends one consignment: `points` the member pays, `cost_minor` the supplier is owed for it.

    `base_points` is the price before a personal offer, None if there was none. By a tariff: the carrier, its zone, the
    tariff's row and the weight it was reckoned for. `pay_points` and `cash_minor`: how it was paid, once it is.
    """

    supplier_id: int
    code: str
    kind: str
    points: int
    cost_minor: int
    days_min: int
    days_max: int
    base_points: int | None = None
    carrier: str | None = None
    zone: str | None = None
    tariff_id: int | None = None
    chargeable_g: int | None = None
    pay_points: int | None = None
    cash_minor: int = 0

    @property
    def electronic(self) -> bool:
        """Whether nothing is carried: it arrives by e-mail."""
        return self.kind == "electronic"


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One reward at its frozen price: points asked of the member and cost owed to the supplier, per piece.

    `base_points` is the price of a piece for everybody; `rule_id` and `rule_version` made it lower (the first, if
    several did together). `pay_points` and `cash_minor`: how the whole line was paid, once it is.
    """

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
    base_points: int | None = None
    rule_id: int | None = None
    rule_version: int | None = None
    weight_g: int | None = None
    volume_cm3: int | None = None
    pay_points: int | None = None
    cash_minor: int = 0
    kind: str = "goods"

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
class QuotedRule:
    """A rule that lowered a line (0: the delivery): on so many pieces, by so many points for all of them."""

    line_no: int
    rule_id: int
    rule_version: int
    granted: bool
    pieces: int
    points: int


@dataclass(frozen=True, slots=True)
class CashTerms:
    """Within which limits money may pay a part: at least `cash_min_minor` of it, points in multiples of a step.

    `delivery_tender` is what pays delivery: `any`, `points` or `cash`.
    """

    currency: str
    points_step: int
    cash_min_minor: int
    delivery_tender: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A promise to sell these lines at these points until `expires_at`; it is used once, for one order.

    `face_minor` is the value of a point when it was quoted; `cash` is None where points alone may pay. `pay_points`
    and `cash_minor` say how it was paid, once it is. It may stand in for the quote that it `supersedes`.
    """

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
    face_minor: Decimal | None
    cash: CashTerms | None
    cash_limits: tuple[int, int]
    pay_points: int | None
    cash_minor: int
    pickup_code: str | None
    supersedes: int | None
    pricebook_version: int | None
    lines: tuple[QuotedLine, ...]
    deliveries: tuple[DeliveryOption, ...]
    rules: tuple[QuotedRule, ...]

    @property
    def points(self) -> int:
        """The whole price: goods and delivery."""
        return self.goods_points + self.delivery_points

    @property
    def cash_currency(self) -> str | None:
        """The money that may pay a part."""
        return self.cash.currency if self.cash else None

    @property
    def needs_address(self) -> bool:
        """Whether anything is carried to a place."""
        return not all(option.electronic for option in self.deliveries)

    @property
    def needs_account(self) -> bool:
        """Whether anything goes to the member's account in another program."""
        return any(kind_of(line.kind).account for line in self.lines)

    def lines_of(self, option: DeliveryOption) -> tuple[QuotedLine, ...]:
        """The lines that one supplier sends in one way: a consignment to be."""
        share = (option.supplier_id, option.electronic)
        return tuple(line for line in self.lines if (line.supplier_id, line.electronic) == share)
