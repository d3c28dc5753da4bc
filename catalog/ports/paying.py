"""The port to whoever takes money for us: a page to pay on, amounts reserved, taken, released and given back.

Amounts are integers in the minor unit of their ISO 4217 currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from catalog.ports.outcomes import Rejected, Retryable, Unknown


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A page on which somebody is to pay: our reference, what for, and where to send the payer afterwards.

    `expires_at` is when the page stops taking money: from half an hour to a day ahead. `key` makes asking again safe.
    """

    ref: str
    amount_minor: int
    currency: str
    description: str
    locale: str
    success_url: str
    cancel_url: str
    expires_at: dt.datetime
    key: str


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """The provider's own page for one payment."""

    session_id: str
    url: str


@dataclass(frozen=True, slots=True)
class PaymentDone:
    """The provider has captured, released, refunded or closed what it was asked to, under its own number."""

    external_id: str


@dataclass(frozen=True, slots=True)
class PaymentState:
    """A payment as the provider has it now; the only thing about it that is ever believed.

    `status`: `open` (nobody has paid), `expired` (nobody can any more), `authorized`, `captured` (nothing is held any
    more, something was taken), `voided` (nothing is held, nothing was taken). Amounts are in minor units.
    """

    ref: str
    session_id: str | None
    intent_id: str | None
    status: str
    amount_minor: int
    currency: str
    captured_minor: int = 0
    refunded_minor: int = 0
    many_captures: bool = False
    capture_before: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentList:
    """Some of the provider's payments, oldest first or not, and the cursor of the next ones, None at the end."""

    payments: tuple[PaymentState, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """A verified message of the provider: that something happened to one of its objects; never what is true now."""

    event_id: str
    kind: str
    occurred_at: dt.datetime
    ref: str | None = None
    session_id: str | None = None
    intent_id: str | None = None


PaymentAnswer = PaymentDone | Rejected | Retryable | Unknown


class PaymentProvider(Protocol):
    """Who takes money for us. It never raises for what a network or the provider can do: that is an answer.

    Whatever is asked under a `key` happens once, however often it is asked within a day.
    """

    @property
    def page_origin(self) -> str:
        """Where its pages are (`https://pay.example`), so that a form may lead there."""
        ...

    def open(self, request: PaymentRequest) -> PaymentPage | Rejected | Retryable | Unknown:
        """Make a page that reserves the amount on the payer's card and takes nothing yet."""
        ...

    def look(self, session_id: str | None, intent_id: str | None) -> PaymentState | Rejected | Retryable | Unknown:
        """The payment behind its page or, where that is unknown, behind its own number. Rejected: there is none."""
        ...

    def close(self, session_id: str, key: str) -> PaymentAnswer:
        """Take the page away before anybody has paid on it."""
        ...

    def capture(self, intent_id: str, amount_minor: int, final: bool, key: str) -> PaymentAnswer:
        """Take an amount of what is reserved; `final` releases the rest. Only some payments can be taken in parts."""
        ...

    def void(self, intent_id: str, key: str) -> PaymentAnswer:
        """Release everything that is reserved and was not taken."""
        ...

    def refund(self, intent_id: str, amount_minor: int, key: str) -> PaymentAnswer:
        """Give back an amount of what was taken."""
        ...

    def since(self, instant: dt.datetime, cursor: str | None) -> PaymentList | Retryable | Unknown:
        """The payments that were begun since an instant, some at a time."""
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        """A message that bears the provider's signature, no older and no newer than five minutes; None for others."""
        ...
