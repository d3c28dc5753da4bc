"""Carrying payments to their provider and reading what it says, outside every transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from catalog import payments
from catalog.payments import NotYet
from catalog.ports import PaymentList, PaymentProvider, PaymentState, Rejected
from coalition.kernel import clock, jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.jobs import Retry, Task

_CHUNK = 200
_PAUSE_S = 5.0
_WINDOW = dt.timedelta(days=10)


@jobs.handles(payments.JOB)
def ask(task: Task) -> None:
    """Ask the provider for one thing, until it has answered one way or the other."""
    state = payments.carry_out(task.args["request_id"], ports.get(PaymentProvider), task.step)
    if isinstance(state, NotYet):
        raise Retry(state.after_s, "the provider has not answered, or another request comes first")


@jobs.handles("payments.understand")
def understand(task: Task) -> None:
    """Look at the payment that a message speaks of; the message itself proves nothing."""
    event_id = task.args["event_id"]
    about = task.step(lambda: payments.whose(event_id))
    if about is None:
        return
    if isinstance(about, NotYet):
        raise Retry(about.after_s, "it speaks of a page that we have not heard of yet")
    payment_id, session_id, intent_id = about
    theirs = ports.get(PaymentProvider).look(session_id, intent_id)
    if not isinstance(theirs, PaymentState | Rejected):
        raise Retry(_PAUSE_S, "the provider does not answer")
    found = theirs if isinstance(theirs, PaymentState) else None
    task.finish(lambda: payments.understood(event_id, payment_id, found))


@jobs.handles("payments.wake")
def wake(task: Task) -> None:
    """Let nothing be without a job, and look at what we have not heard of for long.

    Whatever was looked at goes to the end of the queue, even if the provider does not know it.
    """
    if not ports.bound(PaymentProvider):
        return
    while task.step(lambda: payments.wake(_CHUNK)) == _CHUNK:
        pass
    waiting = task.step(lambda: payments.to_look_at(_CHUNK))
    for payment in waiting:
        if not task.step(partial(payments.may_look, payment.id)):
            continue
        theirs = ports.get(PaymentProvider).look(payment.session_id, payment.intent_id)
        if isinstance(theirs, PaymentState):
            task.step(partial(payments.seen, payment.id, theirs))
        elif not isinstance(theirs, Rejected):
            return  # the provider is away: to ask it for all the others would only keep this worker from other work


@jobs.handles("payments.reconcile")
def reconcile_nightly(task: Task) -> None:
    """Compare the last ten days with the provider's own list; reservations live no longer than seven."""
    if ports.bound(PaymentProvider):
        reconcile(_WINDOW, task.step)


def reconcile(window: dt.timedelta, step: Callable[[Callable[[], Any]], Any] = transact) -> tuple[int, int]:
    """Compare everything begun within `window`; how many payments of the provider were seen, how many differ.

    Raises Retry when the provider does not answer.
    """
    provider, started = ports.get(PaymentProvider), clock.now()
    since, cursor, count, differ = started - window, None, 0, 0
    while True:
        found = provider.since(since, cursor)
        if not isinstance(found, PaymentList):
            raise Retry(_PAUSE_S, "the provider does not answer")
        differ += step(partial(payments.compare, found.payments))
        count, cursor = count + len(found.payments), found.next
        if cursor is None:
            return count, differ + step(lambda: payments.missing(since, started))


jobs.every("payments.wake", 60, "payments.wake")
jobs.every("payments.reconcile", 86_400, "payments.reconcile")
