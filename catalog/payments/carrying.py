"""Carrying a request to the provider: the same steps for the job and for the door that opens a page at once.

`step` runs one piece in a transaction of its own; the provider is called between two of them. A crash at any point is
healed by the next attempt: the same key does nothing twice, and an old key is not believed before a look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalog.payments.asking import WAITING, answered, ask, renew
from catalog.payments.reading import find, get
from catalog.payments.requesting import opening
from catalog.payments.seeing import seen
from catalog.payments.types import Call, NotYet, Payment
from catalog.ports import (
    PaymentAnswer,
    PaymentDone,
    PaymentPage,
    PaymentProvider,
    PaymentState,
    Rejected,
    Retryable,
    Unknown,
)
from coalition.kernel import crash

Step = Callable[[Callable[[], Any]], Any]
_BACKOFF_S = (2.0, 5.0, 15.0, 60.0, 300.0)


def carry_out(request_id: int, provider: PaymentProvider, step: Step) -> str | NotYet:
    """Ask what a request asks and record the answer; the request's state, or that it has to wait."""
    call = step(lambda: ask(request_id))
    if call is None:
        return "done"
    if isinstance(call, NotYet):
        return call
    crash.point("before_rpc")
    answer = _look_first(call, provider, step) if call.look_first else _put(call, provider)
    crash.point("after_rpc_before_record")
    if isinstance(answer, Rejected) and call.kind != "open":
        state = _refused(call, provider, step, answer)
    else:
        state = step(lambda: answered(request_id, answer))
    return NotYet(_pause_s(call, answer)) if state in WAITING else state


def open_now(ref: str, provider: PaymentProvider, step: Step) -> Payment:
    """Open the page of a payment that was just asked for, without waiting for a job; the payment as it is then.

    If the provider does not answer, a job goes on trying.
    """
    if step(lambda: find(ref)).state == "created":
        carry_out(step(lambda: opening(ref)), provider, step)
    payment: Payment = step(lambda: find(ref))
    return payment


def look(payment: Payment, provider: PaymentProvider, step: Step) -> str:
    """See what the provider has, and take it over; the payment's state after it."""
    theirs = provider.look(payment.session_id, payment.intent_id)
    if not isinstance(theirs, PaymentState):
        return payment.state
    state: str = step(lambda: seen(payment.id, theirs))
    return state


def _put(call: Call, provider: PaymentProvider) -> PaymentPage | PaymentAnswer:
    match call.kind:
        case "open":
            return provider.open(call.page)
        case "close":
            return provider.close(call.session_id or "", call.key)
        case "capture":
            return provider.capture(call.intent_id or "", call.amount_minor, call.final, call.key)
        case "void":
            return provider.void(call.intent_id or "", call.key)
        case _:
            return provider.refund(call.intent_id or "", call.amount_minor, call.key)


def _refused(call: Call, provider: PaymentProvider, step: Step, refusal: Rejected) -> str:
    """A refusal may only mean that it was done long ago, or that the payer was faster: the payment itself tells."""
    theirs = provider.look(call.session_id, call.intent_id)
    if not isinstance(theirs, PaymentState) and not isinstance(theirs, Rejected):
        return str(step(lambda: answered(call.request_id, Unknown())))

    def record() -> str:
        payment = get(call.payment_id)
        was_done = isinstance(theirs, PaymentState) and _is_done(call, payment, theirs)
        state = answered(call.request_id, PaymentDone("") if was_done else refusal)
        if isinstance(theirs, PaymentState):
            seen(payment.id, theirs)
        return state

    return str(step(record))


def _look_first(call: Call, provider: PaymentProvider, step: Step) -> PaymentPage | PaymentAnswer:
    """Whether an earlier attempt has done it; if not, it is asked again, under a new key if the old is forgotten."""
    theirs = provider.look(call.session_id, call.intent_id)
    if not isinstance(theirs, PaymentState):
        return Unknown()
    payment: Payment = step(lambda: get(call.payment_id))
    if _is_done(call, payment, theirs):
        return PaymentDone("")
    if call.forgotten:
        step(lambda: renew(call.request_id))
        return Unknown()
    return _put(call, provider)


def _is_done(call: Call, payment: Payment, theirs: PaymentState) -> bool:
    """Whether the provider's amounts are those after this request; ours are those before it."""
    match call.kind:
        case "close":
            return theirs.status == "expired"
        case "capture":
            return theirs.captured_minor >= payment.captured_minor + call.amount_minor
        case "void":
            return theirs.status in ("voided", "captured") and theirs.captured_minor == payment.captured_minor
        case "refund":
            return theirs.refunded_minor >= payment.refunded_minor + call.amount_minor
    return False


def _pause_s(call: Call, answer: PaymentPage | PaymentAnswer) -> float:
    pause_s = _BACKOFF_S[min(call.requests, len(_BACKOFF_S) - 1)]
    return max(answer.after_s, pause_s) if isinstance(answer, Retryable) else pause_s
