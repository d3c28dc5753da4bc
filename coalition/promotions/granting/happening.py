"""What happened, as promotions are asked about it: the event of the rules engine, put together from our own facts.

What conditions can read of an event:

    event.type, event.channel     store.id (partner:outlet), store.code, store.city, store.tz
    partner.id, partner.kind      receipt.currency, receipt.coupons, receipt.points_paid and the engine's own totals
    member.id, member.tier        payload.mcc, payload.amount (of what has no lines), payload.<attribute> of an event
    member.birth_md, member.household, member.enrolled_days, and what others contribute (see `enriching.contributes`)
    of a line: no, sku, name, amount, qty_m, price, category, category_path, brand, groups, vat_bp

The local time of an event is the outlet's. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from coalition import partners

Event = dict[str, Any]
CLOSED = "receipt.closed"
TRANSACTION = "bank.transaction"
LATE_AFTER = dt.timedelta(days=1)  # what arrives later than this after it happened is late
_CARD = "bank_card"  # the kind of the one payment of a bank's transaction


class Line(Protocol):
    """A line of a receipt: `amount` in minor units before the program's own discounts, `qty_m` in thousandths."""

    @property
    def no(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def qty_m(self) -> int | None: ...
    @property
    def price(self) -> int | None: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Happening:
    """A purchase or another event of a member before anything is known of its products.

    `id` is the same for the same purchase, however often it is sent: draws are rolled by it. `points_paid` is money.
    `late`: it was told more than a day after it happened; promotions that say `late: skip` pass it over.
    """

    id: str
    type: str
    occurred_at: dt.datetime
    partner: partners.Partner
    member_id: int
    tier: str
    outlet: partners.Outlet | None = None
    channel: str = "other"
    currency: str = ""
    lines: Sequence[Line] = ()
    points_paid: int = 0
    payments: Sequence[Mapping[str, Any]] = ()
    coupons: Sequence[str] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    late: bool = False

    @property
    def skus(self) -> set[str]:
        """The products of its lines."""
        return {line.sku for line in self.lines if line.sku}

    @property
    def of_bank(self) -> bool:
        """Whether it is what a bank tells of a card: an amount at a merchant, no goods."""
        return self.type == TRANSACTION


def sort_of(payments: Sequence[Mapping[str, Any]]) -> str:
    """What kind of event a purchase is: a receipt, or a transaction that a bank tells of."""
    return TRANSACTION if len(payments) == 1 and payments[0].get("kind") == _CARD else CLOSED


def event(
    of: Happening, products: Mapping[str, partners.Product], member: Mapping[str, Any], *, tz: str | None = None
) -> Event:
    """The event of the engine: `products` by SKU (others are unknown), `member` beside its id and tier."""
    partner = {"id": of.partner.code, "kind": of.partner.kind}
    found: Event = {
        "id": of.id,
        "type": of.type,
        "occurred_at": of.occurred_at.isoformat(),
        "channel": of.channel,
        "partner": partner,
        "member": {**member, "id": str(of.member_id), "tier": of.tier},
        "payload": _payload(of, products),
    }
    if of.late:
        found["late"] = True
    if of.outlet is not None:
        place = {"code": of.outlet.code, "city": of.outlet.city, "tz": of.outlet.zone}
        found["store"] = {"id": f"{of.partner.code}:{of.outlet.code}", **place}
    elif tz:
        found["tz"] = tz
    return found


def _payload(of: Happening, products: Mapping[str, partners.Product]) -> dict[str, Any]:
    paid = {
        "currency": of.currency,
        "coupons": list(of.coupons),
        "points_paid": of.points_paid,
        "payments": [dict(one) for one in of.payments],
    }
    mcc = next((found for one in of.payments if (found := one.get("mcc"))), None)
    found = {**of.attributes, **paid} | ({"mcc": mcc} if mcc else {})
    if of.of_bank:
        return found | {"amount": sum(line.amount for line in of.lines)}
    if not of.lines:
        return found
    return found | {"lines": [described(one, products.get(one.sku or "", partners.NO_PRODUCT)) for one in of.lines]}


def described(line: Line, product: partners.Product) -> dict[str, Any]:
    """A line as conditions see it."""
    rate = {} if product.vat_bp is None else {"vat_bp": product.vat_bp}
    return {
        "no": line.no,
        "sku": line.sku,
        "name": line.name,
        "qty_m": line.qty_m,
        "price": line.price,
        "amount": line.amount,
        "category": product.category,
        "category_path": product.category_path,
        "brand": product.brand,
        "groups": list(product.groups),
        **rate,
    }
