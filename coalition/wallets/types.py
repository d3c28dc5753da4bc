"""The words of this room: what a member asks for, what was done, and an exchange on its way. Pure values, no SQL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from coalition.ports import ForeignAccess
from coalition.programs import Currency


@dataclass(frozen=True, slots=True)
class Spend:
    """Points that a member gives away through a partner, under the partner's external id.

    `request_hash` tells the same request from another one with the same external id; `proof` is the member's one-time
    code, where the program demands one.
    """

    program_id: int
    partner_id: int
    member_id: int
    currency: Currency
    amount: int
    external_id: str
    request_hash: bytes
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done to points: a transfer, conversion, donation, adjustment or reversal.

    `amount` is what it did to the wallet `account_id` (negative: taken), `arrived` what came to `to_account_id`.
    `counterparty_id` is the legal entity that received a donation; a reversal names the journal row it undoes.
    """

    id: int
    program_id: int
    partner_id: int
    kind: str
    external_id: str
    request_hash: bytes
    member_id: int
    account_id: int
    entry_id: int
    currency_id: int
    amount: int
    to_member_id: int | None
    to_account_id: int | None
    to_currency_id: int | None
    to_entry_id: int | None
    arrived: int | None
    counterparty_id: int | None
    rate: Decimal | None
    reason_code: str | None
    note: str | None
    approval_id: int | None
    reverses_account_id: int | None
    reverses_entry_id: int | None
    actor: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A correction that was made; `replayed` says that it had been made before."""

    deed: Deed
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A correction that waits for a second person; nothing was done yet."""

    approval_id: int


@dataclass(frozen=True, slots=True)
class Partnership:
    """A foreign program into which points of `currency_id` go: `rate` of its units for one minor unit of ours.

    `legal_entity_id` stands for it in settlement: it is paid as the redeemer of what goes to it.
    """

    id: int
    program_id: int
    code: str
    name: str
    legal_entity_id: int
    currency_id: int
    rate: Decimal
    open: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """Points on their way into a foreign program. `state`: requested, sent, in_doubt, confirmed, rejected; after a
    confirmation also reversing, reversed. `code` says why the last refusal came, `foreign_ref` is their number.
    """

    id: int
    program_id: int
    partner_id: int
    external_id: str
    member_id: int
    currency_id: int
    points: int
    program: str
    account: str
    foreign_amount: int
    rate: Decimal
    state: str
    foreign_ref: str | None
    code: str | None
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask a foreign program once the transaction is over; `look_first` when it may have been asked before."""

    leg_id: int
    direction: str
    access: ForeignAccess
    ref: str
    credit_ref: str
    account: str
    amount: int
    look_first: bool
    checks: int
