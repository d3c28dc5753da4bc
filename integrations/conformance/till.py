"""What a till of the kit does: it buys, gives back, and looks at the member's points."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from integrations.conformance.partner import Answer, Partner

_PRICE = 10_000  # minor units of money a line: enough to earn something everywhere


@dataclass(frozen=True, slots=True)
class Purse:
    """The points of the member in the program's main currency; `restricted` are good in some places only."""

    currency: str
    available: int
    pending: int
    held: int
    restricted: int
    arrears: int

    @property
    def whole(self) -> int:
        """All of them, usable or not, less what is owed."""
        return self.available + self.pending + self.held + self.restricted - self.arrears


class Till:
    """Deeds of a partner at one outlet for one member."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.member = {"kind": "card", "value": partner.shop.card}

    def receipt(self, external_id: str = "", *, lines: int = 2, hours_ago: float = 0.1) -> dict[str, Any]:
        """A purchase of `lines` lines that happened a while ago."""
        then = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours_ago)
        return {
            "external_id": external_id or self.partner.number(),
            "occurred_at": then.isoformat(timespec="seconds"),
            "outlet": self.partner.shop.outlet,
            "currency": self.partner.shop.currency,
            "member": self.member,
            "lines": [
                {"no": no, "sku": f"KIT-{no}", "name": "Conformance", "qty_m": 1000, "price": _PRICE, "amount": _PRICE}
                for no in range(1, lines + 1)
            ],
        }

    def buy(self, receipt: dict[str, Any] | None = None) -> Answer:
        """Send a purchase."""
        return self.partner.post("/purchases", receipt or self.receipt())

    def give_back(self, purchase: str, body: dict[str, Any]) -> Answer:
        """Send a return of some lines."""
        return self.partner.post(f"/purchases/{purchase}/returns", body)

    def slip(self, *lines: int) -> dict[str, Any]:
        """A return of whole lines."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return {"external_id": self.partner.number(), "occurred_at": now, "lines": [{"no": no} for no in lines]}

    def purse(self) -> Purse:
        """The member's points now."""
        member = self.partner.post("/members/lookup", self.member).body["id"]
        found = self.partner.get(f"/members/{member}/balances").body["items"]
        if not found:  # who has never earned has no wallet yet
            return Purse("", 0, 0, 0, 0, 0)
        first = found[0]
        restricted = sum(part["amount"] for part in first.get("restricted", ()))
        told = {name: first[name] for name in ("currency", "available", "pending", "held", "arrears")}
        return Purse(**told, restricted=restricted)


def earned(answer: Answer, currency: str) -> int:
    """The points of a currency that a purchase says it earned."""
    return sum(award["units"] for award in answer.body["awards"] if award["currency"] == currency)
