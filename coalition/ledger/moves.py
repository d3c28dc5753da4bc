"""Moving points between wallets: to another member, into another currency, or all of a wallet to the one that survives.

What arrives keeps who funds it and when it was issued. Both wallets are locked in the order of their ids before
anything is read. Nothing here commits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from coalition.kernel.db import raw
from coalition.ledger.accounts import account
from coalition.ledger.posting import post
from coalition.ledger.types import AMOUNT_MAX, AccountKind, Debit, Operation, refuse

_PAIR = "SELECT ledger_pair(%s, %s, %s, %s)"
_CONTRA = "SELECT kind, owner FROM account WHERE id = %s"
_ARRIVE = "SELECT ledger_arrive(%s, %s, %s, %s, %s, %s, %s, %s)"
_ARRIVALS = "SELECT ledger_arrivals(%s, %s)"
_IDLE = "SELECT ledger_awaken(%s, %s, %s, %s)"
_AMOUNT = "SELECT coalesce(sum(amount), 0)::bigint FROM entry WHERE account_id = %s AND id = ANY(%s)"
_MERGE = "SELECT * FROM ledger_merge(%s, %s, %s, %s, %s, %s::smallint, %s, %s::smallint, %s)"


class Keep(Enum):
    """The lots that arrive end when the lots end that they come from."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where the points of a debit arrive: as many (`amount` None), or `amount` in all, shared out over its draws."""

    account_id: int
    currency_id: int
    amount: int | None = None
    expires_at: dt.datetime | Keep | None = KEEP
    idle_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        if self.amount is not None and not 0 < self.amount <= AMOUNT_MAX:
            raise ValueError(f"cannot let {self.amount} points arrive")


@dataclass(frozen=True, slots=True)
class Transferred:
    """One transfer: the debit, what arrived from each of its draws, and how much that is."""

    entry_id: int
    arrival_ids: tuple[int, ...]
    amount: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge moved: points (by a debit, if there were any) and what is owed."""

    entry_id: int | None
    arrival_ids: tuple[int, ...]
    amount: int
    arrears: int
    replayed: bool


def transfer(debit: Debit, arrival: Arrival) -> Transferred:
    """Draw points from one wallet and let them arrive in another, also of another currency; once under the debit's key.

    The arrivals stand opposite an account of the debit's contra's kind and owner in their currency. Conflict
    `insufficient_points` or `external_id_conflict`. ValueError if both wallets are the same.
    """
    if arrival.account_id == debit.account_id:
        raise ValueError("points cannot move within one wallet")
    if arrival.currency_id == debit.currency_id and arrival.amount not in (None, debit.amount):
        raise ValueError("within one currency as many points arrive as leave")
    _one(_PAIR, debit.account_id, arrival.account_id, debit.program_id, arrival.currency_id)
    [posted] = post([debit])
    entry_id = posted.or_refuse().entry_id
    assert entry_id is not None
    if posted.replayed:
        arrival_ids = _one(_ARRIVALS, arrival.account_id, entry_id)
    else:
        arrival_ids = _arrive(debit, entry_id, arrival)
    amount = _one(_AMOUNT, arrival.account_id, arrival_ids)
    return Transferred(entry_id, tuple(arrival_ids), amount, posted.replayed)


def merge_wallets(
    from_account: int,
    to_account: int,
    *,
    program_id: int,
    currency_id: int,
    partner_id: int,
    external_id: str,
    request_hash: bytes,
    occurred_at: dt.datetime,
) -> Merged:
    """Move all that a wallet has and owes to another of the same currency, pending and restricted points, too.

    From then on what is clawed back or given back of the merged wallet's past happens to the other one. A wallet that
    has nothing and owes nothing moves nothing. Conflict `holds_open` while it has open holds, `external_id_conflict`.
    """
    if from_account == to_account:
        raise ValueError("a wallet cannot be merged into itself")
    contra_id = account(program_id, currency_id, AccountKind.TRANSFER, 0)
    row: Any = raw().execute(
        _MERGE,
        (from_account, to_account, contra_id, occurred_at, partner_id, Operation.MERGE, external_id, 0, request_hash),
    )
    entry_id, arrival_ids, amount, arrears, replayed, refused = row.fetchone()
    if refused:
        refuse(refused, None)
    return Merged(entry_id, tuple(arrival_ids), amount, arrears, replayed)


def _arrive(debit: Debit, entry_id: int, arrival: Arrival) -> list[int]:
    kind, owner = raw().execute(_CONTRA, (debit.contra_id,)).fetchone() or (0, 0)
    if kind not in (AccountKind.TRANSFER, AccountKind.CONVERSION):
        raise ValueError("what moves stands opposite a transfer or a conversion account")
    contra_id = account(debit.program_id, arrival.currency_id, kind, owner)
    if arrival.idle_at is not None:
        _one(_IDLE, arrival.account_id, debit.program_id, arrival.currency_id, arrival.idle_at)
    keep = isinstance(arrival.expires_at, Keep)
    ids: list[int] = _one(
        _ARRIVE,
        *(debit.account_id, entry_id, arrival.account_id, contra_id, arrival.currency_id, arrival.amount),
        *(keep, None if keep else arrival.expires_at),
    )
    return ids


def _one(sql: str, *params: object) -> Any:
    row = raw().execute(sql.encode(), params).fetchone()
    assert row is not None
    return row[0]
