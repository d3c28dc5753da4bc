"""The words of a payment: what is to be paid, what is asked of the provider, and what does not agree. Pure values.

Amounts are integers in the minor unit of the payment's currency.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.payments.states import ENDED, HELD
from catalog.ports import PaymentRequest


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it stands. `wanted_minor` is what is to be captured, `decided` whether that is all."""

    id: int
    ref: str
    program_id: int
    state: str
    code: str | None
    amount_minor: int
    currency: str
    url: str | None
    session_id: str | None
    intent_id: str | None
    authorized_minor: int
    wanted_minor: int
    captured_minor: int
    voided_minor: int
    refunded_minor: int
    many_captures: bool
    capture_before: dt.datetime | None
    decided: bool
    expires_at: dt.datetime

    @property
    def held(self) -> bool:
        """Whether the bank keeps money for us."""
        return self.state in HELD

    @property
    def ended(self) -> bool:
        """Whether nothing more is captured or released."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask of the provider, outside any transaction, under an idempotency key that was stored before.

    `look_first`: an earlier attempt may have done it, and the payment itself tells. `forgotten`: the key is so old that
    the provider may not know it any more.
    """

    request_id: int
    payment_id: int
    kind: str
    key: str
    amount_minor: int
    final: bool
    session_id: str | None
    intent_id: str | None
    page: PaymentRequest
    look_first: bool
    forgotten: bool
    requests: int


@dataclass(frozen=True, slots=True)
class NotYet:
    """The request has to wait: an earlier one of the same payment is undecided, or a refund has nothing to refund."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Case:
    """Something about a payment that people have to look at: what we have, and what the provider says."""

    id: int
    program_id: int | None
    ref: str | None
    subject: str
    kind: str
    ours: str
    theirs: str
    found_at: dt.datetime
    seen_at: dt.datetime
