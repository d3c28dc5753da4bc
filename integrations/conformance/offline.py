"""Offline: a till that sold without a line delivers later, out of order, and more than once."""

from __future__ import annotations

from integrations.conformance.partner import Answer
from integrations.conformance.report import Report
from integrations.conformance.till import Till, earned

_SALES = 5
_TRIES = 5


def run(till: Till, report: Report) -> None:
    """Deliver a queue from its end, then the whole queue again; then lose answers, where a server can be asked to."""
    before = till.purse()
    queue = [till.receipt(lines=1, hours_ago=12 - number) for number in range(_SALES)]
    answers = [till.buy(receipt) for receipt in reversed(queue)]
    taken = all(answer.status == 201 for answer in answers)
    report.expect("receipts that come hours late and out of order are taken", taken, [str(one) for one in answers])
    again = [till.buy(receipt) for receipt in queue + queue]
    report.expect("the whole queue sent again is replayed", all(one.replayed for one in again), again[0])
    after = till.purse()
    gained = after.whole - before.whole
    due = sum(earned(answer, after.currency) for answer in answers) if taken else -1
    report.expect("each sale is counted exactly once", gained == due, f"{gained} points instead of {due}")
    _failing(till, report)


def _failing(till: Till, report: Report) -> None:
    """What only test mode does on demand: answers that are lost, and a server that is away for a while."""
    lost = till.receipt(till.partner.number("magic.lost_answer"))
    first = till.buy(lost)
    if first.status == 201:
        report.untried("a lost answer is asked for again", "only test mode loses answers on demand")
        return
    report.expect("a failure that may pass says so", _may_pass(first), first)
    again = till.buy(lost)
    report.expect("an answer that was lost is given when asked for again", _done(again) and again.replayed, again)
    away = till.receipt(till.partner.number("magic.fail_2x"))
    answers = [till.buy(away) for _ in range(_TRIES)]
    statuses = [answer.status for answer in answers]
    report.expect("the third attempt passes after two failures", statuses[:3] == [503, 503, 201], statuses)


def _may_pass(answer: Answer) -> bool:
    return answer.status == 503 and answer.body.get("retryable") is True and "Retry-After" in answer.headers


def _done(answer: Answer) -> bool:
    return answer.status == 201 and bool(answer.body.get("id"))
