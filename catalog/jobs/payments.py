"""Carrying payments to their provider and reading what it says, outside every transaction."""

from __future__ import annotations

from catalog import payments
from catalog.payments import NotYet
from catalog.ports import PaymentProvider, PaymentState, Rejected
from coalition.kernel import jobs, ports
from coalition.kernel.jobs import Retry, Task

_CHUNK = 200
_PAUSE_S = 5.0


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
    """Let nothing be without a job, and look at what we have not heard of for long."""
    while task.step(lambda: payments.wake(_CHUNK)) == _CHUNK:
        pass
    waiting = task.step(lambda: payments.to_look_at(_CHUNK))
    for payment in waiting:
        payments.look(payment, ports.get(PaymentProvider), task.step)


jobs.every("payments.wake", 60, "payments.wake")
