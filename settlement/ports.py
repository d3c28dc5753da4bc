"""What this floor asks of the outside world: providers that collect from those who owe and pay those who are owed.

Only vocabulary lives here; `integrations` binds each adapter under its name (`stripe`, `bank`), and a job asks for it
with `kernel.ports.get(PayoutProvider, name=...)`, never inside a transaction. Every answer, and every silence, is a
value and not an exception. Amounts are positive integers in the minor unit of their ISO 4217 currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from catalog.ports import Retryable as Retryable
from catalog.ports import Unknown as Unknown

AccountKind = Literal["iban", "stripe"]


@dataclass(frozen=True, slots=True)
class Account:
    """Where a legal entity's money goes to and comes from, approved by two people.

    `iban` and `bic` for a bank; `connected` (`acct_...`) and `email` (where invoices go) for Stripe; others are empty.
    """

    id: int
    kind: AccountKind
    holder: str
    currency: str
    iban: str = ""
    bic: str = ""
    connected: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Who pays: our reference of the legal entity for ever, its name, and the account that we know, if any."""

    ref: str
    name: str
    country: str
    account: Account | None


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """An invoice over an amount that somebody owes us. `ref` is the payment's own name, for ever."""

    ref: str
    party: Party
    amount_minor: int
    currency: str
    due_on: dt.date
    description: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class PayRequest:
    """An amount that we owe, to be paid to an account. `ref` is the payment's own name, for ever."""

    ref: str
    account: Account
    amount_minor: int
    currency: str
    description: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it under its own number and the money is still to come; `url`: where an invoice is paid."""

    external_id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """The money has moved: `amount_minor` of it, under the provider's or bank's `reference`, on a day."""

    external_id: str
    reference: str
    amount_minor: int
    settled_on: dt.date
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refuses, or has given it up, for good: no money reaches anybody. `code` says why.

    `external_id`: what it has under our reference all the same, a part of the way; only asking again goes on with it.
    """

    code: str
    external_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider has nothing under this reference: it may be asked for (again, under a new key)."""


@dataclass(frozen=True, slots=True)
class PayoutNews:
    """A verified message of a provider: that something happened; never what is true now. Only a look is believed."""

    event_id: str
    kind: str
    occurred_at: dt.datetime
    ref: str | None = None
    external_id: str | None = None


Request = CollectRequest | PayRequest
Outcome = Accepted | Settled | Rejected | Retryable | Unknown
Look = Outcome | Absent


class PayoutProvider(Protocol):
    """Who moves money between us and legal entities. It raises nothing that a network or the provider can cause.

    Whatever is asked under an idempotency key happens once, however often it is asked within a day; and a request
    whose reference the provider already knows is never begun a second time, however old it is.
    """

    @property
    def name(self) -> str:
        """Under which name it is bound, and stored with each payment."""
        ...

    @property
    def kind(self) -> AccountKind:
        """The kind of account that it works with."""
        ...

    def collect(self, request: CollectRequest) -> Outcome:
        """Let somebody who owes pay: an invoice with its page, or a notice of our account."""
        ...

    def pay(self, request: PayRequest) -> Outcome:
        """Send money to an account."""
        ...

    def look(self, request: Request, external_id: str | None) -> Look:
        """What has become of a request, by its number there or, where that is unknown, by its reference."""
        ...

    def cancel(self, request: Request, external_id: str, key: str) -> Outcome:
        """Give up what has not been paid yet: Rejected `cancelled` if that worked, Settled if it came too late."""
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PayoutNews | None:
        """A message that bears the provider's signature, no older and no newer than five minutes; None for others."""
        ...


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """An amount that the bank is to send. `ref` comes back in the bank's statement; it is unique for ever."""

    ref: str
    holder: str
    iban: str
    bic: str
    amount_minor: int
    description: str


@dataclass(frozen=True, slots=True)
class TransferFile:
    """What one file orders: from one account, in one currency, on one day. The same file gives the same bytes."""

    message_id: str
    made_at: dt.datetime
    execute_on: dt.date
    account: Account
    orders: tuple[TransferOrder, ...]


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One movement of our account as the bank tells it: `amount_minor` came `in`, or went `out`.

    `reference` is the bank's own, once for ever on an account. `returned`: money of an earlier transfer that came back,
    or that the bank took back, with the scheme's `reason`. `texts` are all references and remarks, as given.
    """

    reference: str
    direction: Literal["in", "out"]
    amount_minor: int
    value_on: dt.date
    returned: bool
    reason: str
    party: str
    iban: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BankStatement:
    """What moved on one of our accounts, in order; `opening_minor` and its entries come to `closing_minor`."""

    number: str
    iban: str
    currency: str
    ends_on: dt.date
    opening_minor: int
    closing_minor: int
    entries: tuple[BankEntry, ...]


class BankFiles(Protocol):
    """The files that are exchanged with a bank. Pure: nothing is sent, nothing is remembered."""

    def write_orders(self, file: TransferFile) -> bytes:
        """A file of transfers. Raises Invalid `bank_file_invalid` for what the scheme cannot carry."""
        ...

    def read_statements(self, data: bytes) -> list[BankStatement]:
        """The statements of account in a file. Raises Invalid, whose code says what is wrong with it."""
        ...
