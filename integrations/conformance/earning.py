"""Earning: what a purchase says it earned is what the member has, and the purchase is found again."""

from __future__ import annotations

from integrations.conformance.report import Report
from integrations.conformance.till import Till, earned


def run(till: Till, report: Report) -> None:
    """Buy once, and look at it from every side."""
    before = till.purse()
    receipt = till.receipt()
    answer = till.buy(receipt)
    if not report.expect("a purchase is answered with 201", answer.status == 201, answer):
        return
    after = till.purse()
    units = earned(answer, after.currency)
    report.expect("it earns points, each award with its reason", units > 0 and _reasoned(answer.body), answer.body)
    report.expect("the member has exactly the points that were answered", after.whole - before.whole == units, after)
    found = till.partner.get("/purchases", external_id=receipt["external_id"])
    ids = [one.get("id") for one in found.body.get("items", [])]
    report.expect("it is found by the partner's own number", ids == [answer.body["id"]], ids)
    told = till.partner.get(f"/purchases/{answer.body['id']}/explain")
    report.expect("it is explained", told.status == 200, told)
    anonymous = {name: value for name, value in till.receipt().items() if name != "member"}
    nobody = till.buy(anonymous)
    report.expect("a purchase without a member is kept", nobody.status == 201 and not nobody.body["awards"], nobody)


def _reasoned(body: dict[str, object]) -> bool:
    awards = body.get("awards")
    return isinstance(awards, list) and all(award.get("reason") for award in awards)
