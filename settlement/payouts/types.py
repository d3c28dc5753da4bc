"""What the room speaks of: payment runs, payments, receipts, and one call to a provider."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from settlement.ports import Request

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Run:
    """The payments of one closed period, decided together. `no` 1 is the first; later ones take what it left out.

    `content_hash`: what was reserved, and what the second person approves. Actors are opaque (`user:12`).
    """

    id: int
    program_id: int
    period_id: int
    period_code: str
    no: int
    state: str
    content_hash: bytes | None
    recorded_by: str
    recorded_at: dt.datetime
    reserved_by: str | None
    approval_id: int | None
    committed_by: str | None
    committed_at: dt.datetime | None
    settled_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Payment:
    """What one statement comes to: `in`, the entity pays us, or `out`, we pay it; amounts are positive minor units.

    `ref` names it to everybody outside, for ever. `paid_minor` is what has arrived, or left: less than the amount while
    it is partly paid, more if somebody paid too much.
    """

    id: int
    ref: str
    run_id: int
    statement_id: int
    statement_number: str
    program_id: int
    legal_entity_id: int
    direction: Direction
    amount_minor: int
    currency: str
    currency_decimals: int
    state: str
    provider: str | None
    account_id: int | None
    due_on: dt.date | None
    external_id: str | None
    url: str | None
    code: str | None
    paid_minor: int

    @property
    def left_minor(self) -> int:
        """What is still to be paid; negative if too much was."""
        return self.amount_minor - self.paid_minor


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that has moved: `in` to us or `out` from us, under the `reference` of its `source`, on a day.

    Without `payment_id` nobody knows yet what it was for.
    """

    id: int
    program_id: int | None
    payment_id: int | None
    direction: Direction
    amount_minor: int
    currency: str
    reference: str
    source: str
    value_on: dt.date
    payer: str
    note: str
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded change of state, of a payment or (`payment_id` None) of its run."""

    payment_id: int | None
    from_state: str
    to_state: str
    code: str | None
    actor: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask a provider once the transaction is over. `look_first`: an earlier attempt may have arrived."""

    request_id: int
    payment: Payment
    asked: Request
    look_first: bool
    forgotten: bool
    requests: int


@dataclass(frozen=True, slots=True)
class NotYet:
    """Come again after so many seconds."""

    after_s: float
