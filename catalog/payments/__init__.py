"""Payments: the cash part of something, reserved on a card first and taken later; the reference is its owner's own.

The room never talks to the provider by itself: `carry_out` and `look` are handed it by a job or a door, outside of
every transaction. What is told upwards: `payment.authorized`, `payment.captured`, `payment.failed`.
"""

from catalog.payments.carrying import carry_out, look, open_now
from catalog.payments.cases import close_case
from catalog.payments.laws import laws
from catalog.payments.news import receive, understood, whose
from catalog.payments.reading import cases, find, get, known
from catalog.payments.reconciling import compare, missing
from catalog.payments.requesting import JOB, capture, refund, request, void
from catalog.payments.seeing import may_look, seen
from catalog.payments.types import Case, NotYet, Payment
from catalog.payments.waking import to_look_at, wake

__all__ = [
    "JOB",
    "Case",
    "NotYet",
    "Payment",
    "capture",
    "carry_out",
    "cases",
    "close_case",
    "compare",
    "find",
    "get",
    "known",
    "laws",
    "look",
    "may_look",
    "missing",
    "open_now",
    "receive",
    "refund",
    "request",
    "seen",
    "to_look_at",
    "understood",
    "void",
    "wake",
    "whose",
]
