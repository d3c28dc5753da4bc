"""Carrying a request to its provider. `step` runs one piece in a transaction of its own; the call is between two.

A crash at any point is healed by the next attempt: it looks first, and what the provider already has is taken over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coalition.kernel import crash
from settlement.payouts.asking import WAITING, answered, ask, renew
from settlement.payouts.types import Call, NotYet
from settlement.ports import Absent, CollectRequest, Look, Outcome, PayoutProvider, Rejected, Retryable, Unknown

Step = Callable[[Callable[[], Any]], Any]
_BACKOFF_S = (2.0, 5.0, 15.0, 60.0, 300.0)


def carry_out(request_id: int, provider_named: Callable[[str], PayoutProvider], step: Step) -> str | NotYet:
    """Ask what a request asks and record the answer; the request's state, or that it has to wait."""
    call: Call | None = step(lambda: ask(request_id))
    if call is None:
        return "done"
    provider = provider_named(call.payment.provider or "")
    crash.point("before_rpc")
    answer = _look_first(call, provider, step) if call.look_first else _checked(call, provider, _put(call, provider))
    crash.point("after_rpc_before_record")
    state: str = step(lambda: answered(request_id, answer))
    return NotYet(_pause_s(call, answer)) if state in WAITING else state


def _put(call: Call, provider: PayoutProvider) -> Outcome:
    if isinstance(call.asked, CollectRequest):
        return provider.collect(call.asked)
    return provider.pay(call.asked)


def _checked(call: Call, provider: PayoutProvider, answer: Outcome) -> Look:
    """A refusal may only mean that it was done long ago: before it counts, the payment itself is looked for."""
    if not isinstance(answer, Rejected):
        return answer
    theirs = provider.look(call.asked, call.payment.external_id)
    if isinstance(theirs, Absent | Rejected):
        return answer
    return Unknown() if isinstance(theirs, Retryable) else theirs


def _look_first(call: Call, provider: PayoutProvider, step: Step) -> Look:
    """Whether an earlier attempt has arrived; if certainly not, it is asked again, in a new round if the key is old."""
    theirs = provider.look(call.asked, call.payment.external_id)
    if not isinstance(theirs, Absent):
        return theirs
    if call.forgotten:
        step(lambda: renew(call.request_id))
        return theirs
    return _checked(call, provider, _put(call, provider))


def _pause_s(call: Call, answer: Look) -> float:
    pause_s = _BACKOFF_S[min(call.requests, len(_BACKOFF_S) - 1)]
    return max(answer.after_s, pause_s) if isinstance(answer, Retryable) else pause_s
