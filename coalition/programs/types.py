"""The values of this room: programs, currencies with their policies, promo accounts, dates and contexts of spending."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

State = Literal["draft", "pilot", "live", "sunset", "ended"]
Deed = Literal["earn", "redeem"]


@dataclass(frozen=True, slots=True)
class Program:
    """A loyalty program. `currency` is the ISO 4217 code of its money, with `currency_decimals` decimals.

    `kind`: own (of one company), coalition, co_brand (with a bank), or test (a partner's test mode).
    `accept_late_days`: how late a receipt may arrive, None without a limit. `adjustment_limit`: units above which a
    second person approves. `confirm_from_minor`: once a member's orders of a day on the site are worth so much, in
    minor units of the program's money, they take the password. `sunset_ends_on`: the last day on which points of a
    program in its sunset can be spent.
    """

    id: int
    code: str
    name: str
    zone: str
    currency: str
    currency_decimals: int
    state: State
    sunset_ends_on: dt.date | None
    proof_policy: str
    accept_late_days: int | None
    return_policy: str
    restore_grace_days: int
    adjustment_limit: int
    confirm_from_minor: int
    family_max: int
    halted_at: dt.datetime | None
    halt_reason: str | None
    kind: str
    version: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Currency:
    """A points currency. `face_minor` is what one minor unit of it is worth, in minor units of the program's money.

    `expiry` is a policy (never, days, month_end, year_end, inactivity) with its number of days or months `expiry_n`.
    `debt_floor`: the most units that a member may owe. `spend_share_bp`: the most of a receipt that points may pay;
    `spend_group_bp`: the same of single product groups; `spend_day_max`: units a member and day, None without a limit.
    """

    id: int
    program_id: int
    code: str
    name_en: str
    name_ru: str
    decimals: int
    face_minor: Decimal
    attribution: str
    kind: str
    spendable: bool
    transferable: bool
    expiry: str
    expiry_n: int | None
    activation_days: int
    activation_event: str | None
    debt_floor: int
    spend_min: int
    spend_step: int
    spend_share_bp: int
    spend_day_max: int | None
    spend_group_bp: Mapping[str, int] = field(hash=False)

    def worth(self, units: int) -> int:
        """What so many units are worth, in minor units of the program's money, rounded down."""
        return int((units * self.face_minor).to_integral_value(ROUND_FLOOR))


@dataclass(frozen=True, slots=True)
class PromoAccount:
    """Points that pay in some places only: of these partners, outlets and product groups (empty: of any).

    At most `share_bp` of what they may pay on a receipt, and `cap_points` units a receipt. `expiry` None: as the
    currency's. `id` is the restriction of the ledger's lots. The lowest `priority` is spent first.
    """

    id: int
    program_id: int
    currency_id: int
    code: str
    name_en: str
    name_ru: str
    partner_ids: tuple[int, ...]
    outlet_ids: tuple[int, ...]
    product_groups: tuple[str, ...]
    share_bp: int
    cap_points: int | None
    expiry: str | None
    expiry_n: int | None
    priority: int


@dataclass(frozen=True, slots=True)
class Rate:
    """How many units of `to_currency_id` one unit of `from_currency_id` becomes, from a day on until before another."""

    from_currency_id: int
    to_currency_id: int
    rate: Decimal
    valid_from: dt.date
    valid_to: dt.date | None


@dataclass(frozen=True, slots=True)
class Birth:
    """The dates of points: usable from `active_at` (None: at once), gone at `expires_at` (None: never by age).

    `idle_at` is given for currencies that end by inactivity: all points of the wallet end then, unless it moves again.
    """

    active_at: dt.datetime | None
    expires_at: dt.datetime | None
    idle_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class SpendContext:
    """Where and on what points are to be spent; amounts are minor units of the program's money.

    `groups` says how much of `total` falls on each product group.
    """

    partner_id: int
    outlet_id: int | None
    groups: Mapping[str, int]
    total: int
