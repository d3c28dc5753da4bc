"""Asking suppliers, outside every transaction, and letting old quotes lapse.

One question is: commit that we ask; ask; record the answer. A crash between any two of them is healed by the job's
lease: the next attempt looks the reference up before it asks again.
"""

from __future__ import annotations

import datetime as dt

from catalog import orders, pricing
from catalog.orders import Question
from catalog.ports import NotFound, Outcome, Pending, Retryable, SupplierGateway, Unknown
from coalition.kernel import clock, crash, jobs, ports
from coalition.kernel.jobs import Retry, Task

BACKOFF_S = (5, 15, 60, 300)
_EXPIRE_CHUNK = 1000


@jobs.handles("orders.confirm")
def confirm(task: Task) -> None:
    """Ask the supplier of a new consignment to take it."""
    consignment_id = task.args["consignment_id"]
    question = task.step(lambda: orders.ask(consignment_id))
    if question is None:
        return
    outcome = _put(question)
    if isinstance(outcome, Retryable):
        if task.step(lambda: orders.answered(consignment_id, outcome)) != "rejected":
            raise Retry(outcome.after_s, "the supplier asks us to come again")
        return
    task.finish(lambda: _record(question, outcome))


@jobs.handles("orders.recheck")
def recheck(task: Task) -> None:
    """Find out what became of a question whose answer is unknown or pending; pauses of 5 s to 5 min."""
    consignment_id = task.args["consignment_id"]
    question = task.step(lambda: orders.ask(consignment_id))
    if question is None:
        return
    outcome = _put(question)
    state = task.step(lambda: orders.answered(consignment_id, outcome))
    if state in ("confirming", "in_doubt"):
        raise Retry(_pause_s(question, outcome), f"still {state}")


@jobs.handles("quotes.expire")
def expire_quotes(task: Task) -> None:
    """Mark quotes whose time is over; a matter of tidiness, since an old quote is refused anyway."""
    while task.step(lambda: pricing.expire(_EXPIRE_CHUNK)) == _EXPIRE_CHUNK:
        pass


jobs.every("quotes.expire", 300, "quotes.expire")


def _put(question: Question) -> Outcome:
    gateway = ports.get(SupplierGateway)
    crash.point("before_rpc")
    outcome: Outcome = NotFound()
    if question.look_first:
        outcome = gateway.status(question.access, question.client_ref)
    if isinstance(outcome, NotFound):
        outcome = gateway.confirm(question.access, question.client_ref, question.lines, question.address)
    crash.point("after_rpc_before_record")
    return outcome


def _record(question: Question, outcome: Outcome) -> None:
    orders.answered(question.consignment_id, outcome)
    if isinstance(outcome, Unknown | Pending):
        due_at = clock.now() + dt.timedelta(seconds=_pause_s(question, outcome))
        args = {"consignment_id": question.consignment_id}
        jobs.enqueue("orders.recheck", args, due_at=due_at, key=question.client_ref)


def _pause_s(question: Question, outcome: Outcome) -> float:
    if isinstance(outcome, Pending | Retryable):
        return max(outcome.after_s, 0.5)
    return BACKOFF_S[min(question.checks, len(BACKOFF_S) - 1)]
