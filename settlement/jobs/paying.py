"""Carrying payments to their providers and reading what those say, outside every transaction."""

from __future__ import annotations

from functools import partial

from coalition.kernel import jobs, ports
from coalition.kernel.jobs import Retry, Task
from coalition.kernel.outbox import Event, subscribe
from settlement import payouts
from settlement.payouts import NotYet
from settlement.ports import Absent, PayoutProvider, Retryable, Unknown

_CHUNK = 200
_PAUSE_S = 5.0
_UNBOUND_S = 300.0


@jobs.handles(payouts.ASK)
def ask(task: Task) -> None:
    """Ask a provider for one payment, until it has answered one way or the other."""
    state = payouts.carry_out(task.args["request_id"], _provider, task.step)
    if isinstance(state, NotYet):
        raise Retry(state.after_s, "the provider has not answered")


@jobs.handles(payouts.UNDERSTAND)
def understand(task: Task) -> None:
    """Look at the payment that a message speaks of; the message itself proves nothing."""
    event_id = task.args["event_id"]
    about = task.step(lambda: payouts.whose(event_id))
    if about is None:
        return
    if isinstance(about, NotYet):
        raise Retry(about.after_s, "the payment is being asked for just now")
    payment, request = about
    theirs = _provider(payment.provider or "").look(request, payment.external_id)
    if isinstance(theirs, Retryable | Unknown):
        raise Retry(_PAUSE_S, "the provider does not answer")
    task.finish(lambda: payouts.understood(event_id, payment.id, theirs))


@jobs.handles("payouts.wake")
def wake(task: Task) -> None:
    """Let no request be without a job, look at what we have not heard of for long, and settle runs that are over."""
    while task.step(lambda: payouts.wake(_CHUNK)) == _CHUNK:
        pass
    for payment_id in task.step(lambda: payouts.to_look_at(_CHUNK)):
        about = task.step(partial(payouts.may_look, payment_id))
        if about is None or isinstance(about, NotYet) or not ports.bound(PayoutProvider, name=about[0].provider or ""):
            continue
        theirs = _provider(about[0].provider or "").look(about[1], about[0].external_id)
        if isinstance(theirs, Retryable | Unknown):
            continue
        if not isinstance(theirs, Absent):
            task.step(partial(payouts.seen, payment_id, theirs))
    task.step(lambda: payouts.conclude_all(_CHUNK))


@subscribe("payout.settled", consumer="payouts.statement")
@subscribe("payout.unsettled", consumer="payouts.statement")
@subscribe("statement.sent", consumer="payouts.statement")
@subscribe("statement.agreed", consumer="payouts.statement")
def statement_paid(event: Event) -> None:
    """A statement whose payment is settled is paid, and is no longer if that is undone.

    One that was disputed meanwhile is, once it is sent or agreed to.
    """
    statement_id = event.payload["statement_id"]
    payouts.mark_paid(statement_id, settled=payouts.is_settled(statement_id))


def _provider(name: str) -> PayoutProvider:
    if not ports.bound(PayoutProvider, name=name):
        raise Retry(_UNBOUND_S, f"this installation has no provider {name}")
    return ports.get(PayoutProvider, name=name)


jobs.every("payouts.wake", 60, "payouts.wake")
