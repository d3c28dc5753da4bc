"""Taking back: points of a credit that should not have been, and points of a redemption that is undone.

Both are idempotent by their business key; a batch locks its wallets in the order of their ids and is done item by item,
so that what one item changes the next one sees. A refusal stops the batch: the caller's transaction is to be undone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel import crash
from coalition.kernel.db import raw
from coalition.kernel.errors import NotFound
from coalition.ledger.posting import lock
from coalition.ledger.restoring import PRO_RATA, REVERSAL_ORDERS
from coalition.ledger.types import AMOUNT_MAX, Posting, refuse

POLICIES = ("only_pending", "within_balance", "arrears")
_CLAW_BACK = "SELECT * FROM ledger_claw_back(%s,%s,%s,%s,%s::bigint,%s,%s,%s,%s,%s,%s::smallint,%s,%s::smallint,%s)"
_HOMES = "SELECT account_id, merged_into FROM wallet WHERE account_id = ANY(%s) AND merged_into IS NOT NULL"
_GIVE_BACK = "SELECT * FROM ledger_give_back(%s,%s,%s,%s,%s,%s,%s::smallint,%s,%s::smallint,%s,%s,%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawBack(Posting):
    """Points of the credit `credit_id` are taken back; `contra_id` is the issuance account it came from.

    `policy` says where from: the credit's own lots only as long as they are pending (`only_pending`); or its own lots,
    then other usable ones (`within_balance`), then what the member will owe (`arrears`), until the wallet owes
    `debt_floor` points in all.
    """

    credit_id: int
    policy: str
    debt_floor: int = 0

    def __post_init__(self) -> None:
        Posting.__post_init__(self)
        if self.policy not in POLICIES or self.debt_floor < 0:
            raise ValueError(f"no such way to claw back: {self.policy}, {self.debt_floor}")


@dataclass(frozen=True, slots=True)
class ClawedBack:
    """What was taken back: from the credit's own lots, from other lots, as a debt; and what was let go.

    `entry_ids`: the debit of the own lots, then the debt for what had been spent (which `others` paid at once).
    """

    entry_ids: tuple[int, ...]
    own: int
    others: int
    owed: int
    waived: int
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """`amount` points of the debit or capture `entry_id` come back; `grace_until` is for lots that ended meanwhile.

    Without a grace they come back, too, and expire at the next sweep. `order` is one of `REVERSAL_ORDERS`; None is
    as the redeemer's rule was when the points were redeemed (`restoring`).
    """

    account_id: int
    entry_id: int
    amount: int
    occurred_at: dt.datetime
    partner_id: int
    operation: int
    external_id: str
    no: int = 0
    request_hash: bytes
    grace_until: dt.datetime | None = None
    idle_at: dt.datetime | None = None
    order: str | None = None

    def __post_init__(self) -> None:
        if self.order not in (None, *REVERSAL_ORDERS):
            raise ValueError(f"no such order of reversal: {self.order}")
        if not 0 < self.amount <= AMOUNT_MAX:
            raise ValueError(f"cannot give back {self.amount} points")


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The journal rows by which points came back; the first carries the business key."""

    entry_ids: tuple[int, ...]
    amount: int
    replayed: bool


def claw_back(batch: Sequence[ClawBack]) -> list[ClawedBack]:
    """Take back points of credits, in the batch's order; a replay tells the same split.

    NotFound for no such credit on that account. Conflict `return_exceeded` (extra `available`: what may still be taken
    back of the credit) or `external_id_conflict`.
    """
    _lock([item.account_id for item in batch])
    return [_claw_back(item) for item in batch]


def give_back(batch: Sequence[GiveBack]) -> list[GivenBack]:
    """Put redeemed points back into the very lots they came from, in the batch's order.

    Last drawn first, or from every draw in proportion to what may still come back of it: largest remainder, ties to the
    earlier draw. However the order changes between returns, a draw never gets back more than it gave.

    NotFound for no such debit on that account, also for one that moved points to another wallet: that is undone by
    moving them back. Conflict `return_exceeded` (extra `available`: what may still come back) or
    `external_id_conflict`.
    """
    _lock([item.account_id for item in batch])
    return [_give_back(item) for item in batch]


def homes(account_ids: Collection[int]) -> dict[int, int]:
    """Where what happens to these wallets is booked, of those that were merged into another one."""
    return dict(raw().execute(_HOMES, (list(account_ids),)).fetchall())


def _claw_back(item: ClawBack) -> ClawedBack:
    debit_id, debt_id, own, others, owed, waived, replayed, refused, available = _call(
        _CLAW_BACK,
        *(item.account_id, item.credit_id, item.amount, item.policy, item.debt_floor, item.contra_id),
        *(item.occurred_at, item.program_id, item.partner_id, item.currency_id, item.operation),
        *(item.external_id, item.no, item.request_hash),
    )
    _check(refused, available)
    entry_ids = tuple(one for one in (debit_id, debt_id) if one is not None)
    return ClawedBack(entry_ids, own, others, owed, waived, replayed)


def _give_back(item: GiveBack) -> GivenBack:
    entry_ids, replayed, refused, available = _call(
        _GIVE_BACK,
        *(item.account_id, item.entry_id, item.amount, item.grace_until, item.occurred_at, item.partner_id),
        *(item.operation, item.external_id, item.no, item.request_hash, item.idle_at),
        None if item.order is None else item.order == PRO_RATA,
    )
    _check(refused, available)
    return GivenBack(tuple(entry_ids), item.amount, replayed)


def _lock(account_ids: Sequence[int]) -> None:
    if len(account_ids) > 1:
        lock({*account_ids, *homes(account_ids).values()})


def _call(sql: str, *params: object) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = raw().execute(sql.encode(), params).fetchone()
    assert row is not None
    crash.point("after_lock")
    return row


def _check(refused: str | None, available: int | None) -> None:
    if refused == "not_found":
        raise NotFound()
    if refused:
        refuse(refused, available if refused == "return_exceeded" else None)
