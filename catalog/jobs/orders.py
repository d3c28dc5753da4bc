"""Asking suppliers, outside every transaction; watching the clock; letting old quotes lapse.

One question is: commit that we ask; ask; record the answer. A crash between any two of them is healed by the job's
lease: the next attempt looks the reference up before it asks again. The lease outlasts the call, so that nobody takes a
consignment over whose supplier is still being asked, and an answer is never lost to one who came later; should it
happen all the same, our reference is the same, and whoever is late records nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from catalog import orders, pricing
from catalog.orders import Question
from catalog.ports import (
    Cancelled,
    CancelRefused,
    CancelTerms,
    NotFound,
    Outcome,
    Pending,
    Reserved,
    Retryable,
    SupplierGateway,
    Undone,
    Unknown,
)
from coalition.kernel import crash, ids, jobs, outbox, ports
from coalition.kernel.jobs import Retry, Task
from coalition.kernel.outbox import Event

LEASE_S = 120  # longer than the longest talk with a supplier between two steps (see its timeouts)
BACKOFF_S = (5, 15, 60, 300)
_CHUNK = 1000
_SWEEP_CHUNK = 200
NOT_OFFERED = "not_offered"


@jobs.handles(orders.JOB)
def ask(task: Task) -> None:
    """Say to a supplier what is to be said about a consignment, until there is nothing more to say.

    While an answer is awaited the job comes again: after what the supplier names, or 5 s, 15 s, 60 s, then every 5 min.
    """
    consignment_id, gateway = task.args["consignment_id"], ports.get(SupplierGateway)
    while True:
        question = task.step(lambda: orders.ask(consignment_id, gateway.caps), lease_s=LEASE_S)
        if question is None:
            return
        if question.step in ("cancel", "release"):
            _take_back(task, gateway, question)
        else:
            _put(task, gateway, question)


@jobs.handles("orders.sweep")
def sweep(task: Task) -> None:
    """Raise and clear alarms, wake what sleeps, prolong what ends too early, close what cannot change any more."""
    task.step(orders.look_around)
    for work in (orders.wake_sleepers, orders.prolong_holds, orders.close_ripe):
        _exhaust(task, work)


@jobs.handles("quotes.expire")
def expire_quotes(task: Task) -> None:
    """Mark quotes whose time is over; a matter of tidiness, since an old quote is refused anyway."""
    while task.step(lambda: pricing.expire(_CHUNK)) == _CHUNK:
        pass


jobs.every("quotes.expire", 300, "quotes.expire")
jobs.every("orders.sweep", 60, "orders.sweep")


@outbox.subscribe("payment.authorized", consumer="orders.pay")
def paid(event: Event) -> None:
    """The cash of an order is reserved: its suppliers may be asked."""
    if event.payload["ref"].startswith("ord_"):
        orders.payment_authorized(ids.parse("ord", event.payload["ref"]))


@outbox.subscribe("payment.failed", consumer="orders.pay")
def not_paid(event: Event) -> None:
    """The cash of an order will not come."""
    if event.payload["ref"].startswith("ord_"):
        orders.payment_failed(ids.parse("ord", event.payload["ref"]), event.payload["code"])


def _exhaust(task: Task, work: Callable[[int], int]) -> None:
    while task.step(lambda: work(_SWEEP_CHUNK)) == _SWEEP_CHUNK:
        pass


def _put(task: Task, gateway: SupplierGateway, question: Question) -> None:
    """Reserve, confirm or look, and record the answer. Retry: it is not decided yet."""
    outcome = _answer(gateway, question)
    state = task.step(lambda: orders.answered(question.consignment_id, outcome))
    waits = isinstance(outcome, Pending | Retryable | Unknown | NotFound) or question.step == "look"
    if waits and state in orders.AWAITING:
        raise Retry(_pause_s(question, outcome), f"still {state}")


def _answer(gateway: SupplierGateway, question: Question) -> Outcome:
    crash.point("before_rpc")
    access, ref, number = question.access, question.client_ref, question.external_id
    outcome: Outcome = NotFound()
    if question.look_first:
        outcome = gateway.status(access, ref, number)
    if question.step == "reserve" and isinstance(outcome, NotFound) and question.resend:
        outcome = gateway.reserve(access, ref, question.lines, question.address)
    elif question.step == "confirm" and isinstance(outcome, NotFound | Reserved) and question.resend:
        outcome = gateway.confirm(access, ref, question.lines, question.address, number)
    crash.point("after_rpc_before_record")
    return outcome


def _take_back(task: Task, gateway: SupplierGateway, question: Question) -> None:
    """Let go of a hold, or ask for an order to be taken back. Retry: it is not definite yet."""
    consignment_id = question.consignment_id
    crash.point("before_rpc")
    if question.step == "release":
        undone = gateway.release(question.access, question.client_ref, question.external_id)
        record = orders.released
    else:
        answer = _cancel(task, gateway, question)
        if answer is None:
            return
        undone, record = answer, orders.undone
    crash.point("after_rpc_before_record")
    if not task.step(lambda: record(consignment_id, undone)):
        pause = undone.after_s if isinstance(undone, Pending | Retryable) else 0
        raise Retry(max(pause, _backoff_s(question)), "not taken back yet")


def _cancel(task: Task, gateway: SupplierGateway, question: Question) -> Undone | None:
    """What the supplier says to a cancellation; None while a person considers its terms."""
    access, number = question.access, question.external_id or ""
    if question.look_first:
        stands = gateway.status(access, question.client_ref, question.external_id)
        if isinstance(stands, Cancelled):
            return stands
    if not question.agreed:
        terms = gateway.cancel_quote(access, number)
        if isinstance(terms, CancelTerms):
            if not task.step(lambda: orders.offered(question.consignment_id, terms), lease_s=LEASE_S):
                return None
        elif not isinstance(terms, CancelRefused) or terms.code != NOT_OFFERED:
            return terms
    return gateway.cancel(access, question.client_ref, number)


def _pause_s(question: Question, outcome: Outcome) -> float:
    if isinstance(outcome, Pending | Retryable):
        return max(outcome.after_s, 0.5)
    return _backoff_s(question)


def _backoff_s(question: Question) -> float:
    return BACKOFF_S[min(question.checks, len(BACKOFF_S) - 1)]
