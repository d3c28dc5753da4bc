"""Spending: points are set aside, captured in part and put back, and nobody spends what is not there."""

from __future__ import annotations

from typing import Any

from integrations.conformance.report import Report
from integrations.conformance.till import Till

_HELD, _CAPTURED = 10, 4


def run(till: Till, report: Report) -> None:
    """Hold, capture, release; hold more than there is."""
    till.buy(till.receipt(lines=5))
    before = till.purse()
    if before.available < _HELD:
        report.untried("points are held and captured", f"the member has {before.available} usable points")
        return
    body = _hold(till, before.currency, _HELD)
    held = till.partner.post("/holds", body)
    if not report.expect("points are set aside", held.status == 201, held):
        return
    after = till.purse()
    moved = (after.available, after.held) == (before.available - _HELD, before.held + _HELD)
    report.expect("what is held is not available", moved, after)
    again = till.partner.post("/holds", body)
    report.expect("the same hold again holds nothing more", again.replayed and till.purse() == after, again)
    hold = f"/holds/{held.body['id']}"
    part = {"external_id": till.partner.number(), "amount": _CAPTURED}
    taken = [till.partner.post(f"{hold}/capture", part) for _ in range(2)]
    report.expect("a part is captured once, however often it is asked for", taken[-1].replayed, taken[-1])
    freed = till.partner.post(f"{hold}/release", {"external_id": till.partner.number()})
    back = till.purse().available == before.available - _CAPTURED
    report.expect("the rest goes back", freed.status == 200 and back, till.purse())
    _too_many(till, report)


def _too_many(till: Till, report: Report) -> None:
    purse = till.purse()
    refused = till.partner.post("/holds", _hold(till, purse.currency, purse.available + 1))
    told = refused.code == "insufficient_points" and refused.body.get("available") == purse.available
    report.expect("more than there is is refused, with what there is", refused.status == 409 and told, refused)


def _hold(till: Till, currency: str, amount: int) -> dict[str, Any]:
    points = {"amount": amount, "currency": currency}
    head = {"external_id": till.partner.number(), "member": till.member, "points": points}
    return {**head, "ttl_s": 600, "purpose": "conformance"}
