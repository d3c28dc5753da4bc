"""Duplicates: the same receipt is counted once, whoever sends it again and however many at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from integrations.conformance.report import Report
from integrations.conformance.till import Till, earned

_AT_ONCE = 8


def run(till: Till, report: Report) -> None:
    """Send receipts again: in turn, with another content, and all at once."""
    _in_turn(till, report)
    _at_once(till, report)
    _by_key(till, report)


def _in_turn(till: Till, report: Report) -> None:
    receipt = till.receipt()
    first = till.buy(receipt)
    before = till.purse()
    again = till.buy(receipt)
    same = (again.status, again.body.get("id"), again.body.get("awards")) == (
        *(first.status, first.body.get("id")),
        first.body.get("awards"),
    )
    report.expect("the same receipt again gets the first answer", same, again)
    report.expect("and is marked Idempotency-Replayed: true", again.replayed, dict(again.headers))
    report.expect("and earns nothing more", till.purse() == before, till.purse())
    other = till.buy(till.receipt(receipt["external_id"], lines=3))
    refused = (other.status, other.code) == (409, "external_id_conflict")
    report.expect("another receipt under the same number is refused", refused, other)


def _at_once(till: Till, report: Report) -> None:
    before, receipt = till.purse(), till.receipt()
    with ThreadPoolExecutor(_AT_ONCE) as crowd:
        answers = list(crowd.map(lambda _: till.buy(receipt), range(_AT_ONCE)))
    ids = {answer.body.get("id") for answer in answers if answer.status == 201}
    report.expect("eight tills at once record one purchase", len(ids) == 1, [str(answer) for answer in answers])
    done = next((answer for answer in answers if answer.status == 201), None)
    after = till.purse()
    once = done is not None and after.whole - before.whole == earned(done, after.currency)
    report.expect("and its points once", once, after)


def _by_key(till: Till, report: Report) -> None:
    key, receipt = till.partner.number("key"), till.receipt()
    first = till.partner.post("/purchases", receipt, Idempotency_Key=key)
    again = till.partner.post("/purchases", receipt, Idempotency_Key=key)
    same = again.replayed and again.body.get("id") == first.body.get("id")
    report.expect("an Idempotency-Key answers the same request from memory", same, again)
    other = till.partner.post("/purchases", till.receipt(), Idempotency_Key=key)
    refused = (other.status, other.code) == (422, "idempotency_key_reused")
    report.expect("and refuses another request under it", refused, other)
