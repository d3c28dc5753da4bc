"""The words of the ledger: account kinds, operations, postings and what comes back. Pure values, no SQL.

Amounts are positive integers in the minor unit of their currency; the posting's class says the direction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum
from typing import NoReturn

from coalition.kernel.errors import Conflict

AMOUNT_MAX = 10**15
NEXT = (0, 0)  # among eligible restrictions, none of which is 0
_SENTENCES = {
    "insufficient_points": "There are not enough points available.",
    "external_id_conflict": "This external id was used before with another content.",
    "return_exceeded": "More would be taken back than there was.",
    "hold_closed": "The hold was captured, released or has expired; it has no points left.",
    "hold_expired": "The hold has run out of time; its points are free again.",
    "hold_exceeded": "The hold has fewer points left than were asked for.",
    "holds_open": "Points of this wallet are set aside; release or capture them first.",
}


class AccountKind(IntEnum):
    """What an account stands for; `owner` is a member id of a wallet, a legal entity id of issuance and redemption."""

    WALLET = 1
    ISSUANCE = 2
    REDEMPTION = 3
    BREAKAGE = 4
    HELD = 5
    ADJUSTMENT = 6
    CONVERSION = 7
    TRANSFER = 8
    ARREARS = 9


class EntryKind(IntEnum):
    """What a journal row does to the wallet: credits, releases, restores and arrivals add to it.

    A capture and a debt leave its points alone: the one takes what was held, the other is owed.
    """

    CREDIT = 1
    DEBIT = 2
    HOLD = 3
    CAPTURE = 4
    RELEASE = 5
    EXPIRY = 6
    RESTORE = 7
    DEBT = 8
    NETTING = 9
    ARRIVAL = 10


class Attribution(IntEnum):
    """Which lots a debit draws: first expiring first, first issued first, or all in proportion to what they have."""

    FEFO = 0
    FIFO = 1
    PRO_RATA = 2


class Operation(IntEnum):
    """The business operation that a posting belongs to; part of the business key."""

    PURCHASE = 1
    RETURN = 2
    HOLD = 3
    CAPTURE = 4
    RELEASE = 5
    ORDER = 6
    EXPIRY = 7
    ADJUSTMENT = 8
    ORDER_RELEASE = 9
    ORDER_CAPTURE = 10
    VOID = 11
    TRANSFER = 12
    CONVERSION = 13
    DONATION = 14
    EXCHANGE = 15
    EXCHANGE_CAPTURE = 16
    EXCHANGE_RELEASE = 17
    REVERSAL = 18
    MERGE = 19
    NETTING = 20
    EVENT = 21
    OPENING = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One transfer between a wallet and a contra account, under its business key.

    The key is (partner_id, operation, external_id, no): one purchase may make several awards, told apart by `no`.
    `request_hash` tells a replay (same hash, the first answer again) from a conflict.
    """

    account_id: int
    contra_id: int
    amount: int
    occurred_at: dt.datetime
    program_id: int
    partner_id: int
    currency_id: int
    operation: int
    external_id: str
    no: int = 0
    request_hash: bytes

    def __post_init__(self) -> None:
        if not 0 < self.amount <= AMOUNT_MAX:
            raise ValueError(f"a posting moves 1 to {AMOUNT_MAX} units, not {self.amount}")

    @property
    def key(self) -> tuple[int, int, str, int]:
        """The business key."""
        return (self.partner_id, self.operation, self.external_id, self.no)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit(Posting):
    """Points come to be: a lot that ends at `expires_at` (None: never), usable from `active_at` (None: at once).

    With a `restriction_id` only debits that name it can draw them. `idle_at` moves forward the instant at which all
    points of the wallet end unless something happens. What the wallet owes is netted from the lot at once.
    """

    funding_id: int
    expires_at: dt.datetime | None = None
    active_at: dt.datetime | None = None
    restriction_id: int | None = None
    idle_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit(Posting):
    """Points are spent from the wallet's usable lots, in the order that `rule` says.

    `eligible` names the restrictions whose lots may pay and the most points of each (restriction id, cap); they are
    drawn before ordinary lots, by the currency's rule. `NEXT` among them parts those that pay first from those that pay
    next. Lots with any other restriction never pay.
    """

    rule: int = Attribution.FEFO
    eligible: tuple[tuple[int, int], ...] = ()
    idle_at: dt.datetime | None = None

    @property
    def plain(self) -> bool:
        """Whether the fast path will do."""
        return self.rule == Attribution.FEFO and not self.eligible and self.idle_at is None

    @property
    def restrictions(self) -> list[int]:
        """The restrictions whose lots may pay."""
        return [restriction for restriction, _ in self.eligible]

    @property
    def caps(self) -> list[int]:
        """The most points of each of them."""
        return [cap for _, cap in self.eligible]


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one posting.

    `refused` is None, `insufficient_points` or `external_id_conflict` (then nothing was changed and `entry_id` is
    None). `undrawn` is the wallet's points, pending ones included, after the whole batch; `available` is what could
    have been spent when a debit was refused.
    """

    entry_id: int | None
    replayed: bool = False
    refused: str | None = None
    undrawn: int = 0
    available: int | None = None

    @classmethod
    def of(cls, entry_id: int | None, replayed: bool, refused: str | None, undrawn: int, available: int) -> Posted:
        """The answer of one of the ledger's functions."""
        return cls(entry_id, replayed, refused, undrawn, available if refused == "insufficient_points" else None)

    def or_refuse(self) -> Posted:
        """This result, or the Conflict that a refused posting is to a caller who cannot go on without it."""
        if self.refused:
            refuse(self.refused, self.available)
        return self


@dataclass(frozen=True, slots=True)
class Hold:
    """Points set aside. `state`: open, captured (all redeemed), released or expired (the rest went back).

    `operation` says for what: `HOLD` at a till; an order's and an exchange's are closed by these alone.
    """

    account_id: int
    id: int
    amount: int
    captured: int
    released: int
    state: str
    expires_at: dt.datetime
    purpose: str
    partner_id: int
    external_id: str
    operation: int
    replayed: bool = False

    @property
    def left(self) -> int:
        """What can still be captured or released."""
        return self.amount - self.captured - self.released


@dataclass(frozen=True, slots=True)
class Captured:
    """One redemption out of a hold."""

    entry_id: int
    amount: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Released:
    """What a release put back into the wallet."""

    amount: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """A wallet at this moment: usable now, usable later, set aside, owed; and what ends when, soonest first.

    `restricted` is what is usable now in some contexts only, by restriction; it is not part of `available`.
    """

    account_id: int
    currency_id: int
    available: int
    pending: int
    held: int
    arrears: int
    next_expirations: tuple[tuple[int, dt.datetime], ...]
    restricted: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Lot:
    """Points of one birth that are still there, and who pays for them (`legs`: party and weight, in order)."""

    account_id: int
    entry_id: int
    amount: int
    remaining: int
    issued_at: dt.datetime
    active_at: dt.datetime | None
    expires_at: dt.datetime | None
    partner_id: int
    external_id: str
    restriction_id: int | None
    legs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """One journal row as its member may read it; `amount` is signed, the contra account says who stood opposite."""

    entry_id: int
    account_id: int
    currency_id: int
    recorded_at: dt.datetime
    occurred_at: dt.datetime
    amount: int
    operation: int
    partner_id: int
    external_id: str
    no: int
    contra_owner: int
    expires_at: dt.datetime | None
    kind: EntryKind
    contra_kind: AccountKind


def refuse(code: str, available: int | None) -> NoReturn:
    """Raise the Conflict of a refusal, with what is available where that was the reason."""
    sentence = _SENTENCES.get(code, "The hold does not allow this now.")
    raise Conflict(code, sentence) if available is None else Conflict(code, sentence, available=available)
