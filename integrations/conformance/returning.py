"""Returning: lines come back with what they earned, never more than was bought, and a void undoes all of it."""

from __future__ import annotations

from integrations.conformance.report import Report
from integrations.conformance.till import Till


def run(till: Till, report: Report) -> None:
    """Buy two lines, give one back, try to give back more; void another purchase."""
    before = till.purse()
    bought = till.buy().body["id"]
    earned = till.purse().whole - before.whole
    slip = till.slip(1)
    returned = till.give_back(bought, slip)
    if not report.expect("a line comes back with 201", returned.status == 201, returned):
        return
    left = till.purse().whole - before.whole
    report.expect("and takes with it what it earned, no more", 0 <= left < earned, f"{left} of {earned} points left")
    again = till.give_back(bought, slip)
    same = again.replayed and till.purse().whole - before.whole == left
    report.expect("the same return again takes nothing more", same, again)
    more = till.give_back(bought, till.slip(1))
    report.expect("a line that is back cannot come back", more.code == "returned_too_much", more)
    rest = till.give_back(bought, till.slip(2))
    gone = till.purse().whole == before.whole
    report.expect("after the last line the purchase has earned nothing", rest.status == 201 and gone, till.purse())
    _void(till, report)


def _void(till: Till, report: Report) -> None:
    before, bought = till.purse(), till.buy().body["id"]
    voided = till.partner.post(f"/purchases/{bought}/void", {"external_id": till.partner.number()})
    undone = voided.status < 300 and till.purse().whole == before.whole
    report.expect("a void leaves the member as if nothing had been bought", undone, voided)
    late = till.give_back(bought, till.slip(1))
    report.expect("nothing comes back from a voided purchase", late.code == "purchase_voided", late)
