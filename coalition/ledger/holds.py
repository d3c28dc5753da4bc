"""Holds: points set aside for an order or at a till, redeemed bit by bit, put back, or back by themselves in time.

Locks: the wallet first, in every function, so two of them on one hold happen one after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from coalition.kernel import crash
from coalition.kernel.db import raw
from coalition.kernel.errors import NotFound
from coalition.ledger.accounts import account
from coalition.ledger.types import AMOUNT_MAX, AccountKind, Attribution, Captured, Hold, Operation, Released, refuse

TTL_MAX_S = 366 * 86_400
_HOLD = """
    SELECT h.account_id, h.id, h.amount, h.captured, h.released, h.state, h.expires_at, h.purpose, h.partner_id,
           h.external_id, e.operation
      FROM hold h JOIN entry e ON e.account_id = h.account_id AND e.id = h.id
     WHERE h.account_id = %s AND h.id = %s"""

_CAPTURED = (
    "SELECT coalesce(-sum(amount), 0) FROM entry WHERE account_id = %s AND origin_id = %s AND kind = 4 AND id <= %s"
)


_RESTRICTED = """
    SELECT l.restriction_id, sum(s.amount)::bigint FROM hold h
     CROSS JOIN LATERAL ledger_slice(h.account_id, h.id, h.captured, h.amount - h.captured - h.released) s
      JOIN entry l ON l.account_id = h.account_id AND l.id = s.lot_id AND l.restriction_id IS NOT NULL
     WHERE h.account_id = %s AND h.id = %s GROUP BY 1"""
_UNDER = (
    "SELECT account_id, id, request_hash FROM entry"
    " WHERE partner_id = %s AND operation = %s AND external_id = %s AND no = 0"
)


def hold(
    account_id: int,
    amount: int,
    ttl_s: int,
    *,
    program_id: int,
    partner_id: int,
    currency_id: int,
    external_id: str,
    request_hash: bytes,
    purpose: str,
    operation: int = Operation.HOLD,
    rule: int = Attribution.FEFO,
    eligible: Sequence[tuple[int, int]] = (),
    idle_at: dt.datetime | None = None,
) -> Hold:
    """Set `amount` points of a wallet aside for `ttl_s` seconds; what it pins can neither expire nor be spent.

    `rule`, `eligible` and `idle_at` as in `Debit`.

    Idempotent by (partner, operation, external id): a replay returns the hold as it is now. Conflict
    `insufficient_points` (extra `available`) or `external_id_conflict`. ValueError for an impossible amount or time.
    """
    if not 0 < amount <= AMOUNT_MAX or not 0 < ttl_s <= TTL_MAX_S:
        raise ValueError(f"cannot hold {amount} points for {ttl_s} s")
    contra_id = account(program_id, currency_id, AccountKind.HELD, 0)
    hold_id, replayed, refused, available = _call(
        "SELECT * FROM ledger_hold(%s,%s,%s,%s,%s,%s,%s,%s::smallint,%s,%s,%s,%s::smallint,%s::int[],%s::bigint[],%s)",
        *(account_id, contra_id, amount, ttl_s, program_id, partner_id, currency_id, operation),
        *(external_id, request_hash, purpose, rule),
        *([restriction for restriction, _ in eligible], [cap for _, cap in eligible], idle_at),
    )
    if refused:
        refuse(refused, available if refused == "insufficient_points" else None)
    return _read(account_id, hold_id, replayed)


def capture(
    held: tuple[int, int],
    amount: int | None,
    *,
    contra_id: int,
    external_id: str,
    partner_id: int,
    request_hash: bytes,
    occurred_at: dt.datetime,
    operation: int = Operation.CAPTURE,
) -> Captured:
    """Redeem `amount` points (None: all that are left) of the hold `(account_id, id)` at the contra account.

    Partial and repeatable while the hold is open and not past its time. Idempotent by its own business key.
    NotFound; Conflict `hold_closed`, `hold_expired`, `hold_exceeded` (extra `available`) or `external_id_conflict`.
    """
    if amount is not None and not 0 < amount <= AMOUNT_MAX:
        raise ValueError(f"cannot capture {amount} points")
    entry_id, captured, replayed, refused, left = _call(
        "SELECT * FROM ledger_capture(%s,%s,%s,%s,%s,%s,%s::smallint,%s,%s)",
        *(*held, amount, contra_id, occurred_at, partner_id, operation, external_id, request_hash),
    )
    _check(refused, left)
    return Captured(entry_id, captured, replayed)


def release(
    held: tuple[int, int],
    *,
    external_id: str,
    partner_id: int,
    request_hash: bytes,
    operation: int = Operation.RELEASE,
) -> Released:
    """Put back all that the hold `(account_id, id)` has left and close it; the lots keep their old expiry.

    Idempotent by its own business key. NotFound; Conflict `hold_closed` or `external_id_conflict`.
    """
    amount, replayed, refused = _call(
        "SELECT * FROM ledger_release(%s,%s,%s,%s::smallint,%s,%s,'released')",
        *(*held, partner_id, operation, external_id, request_hash),
    )
    _check(refused, None)
    return Released(amount, replayed)


def extend_hold(held: tuple[int, int], ttl_s: int) -> dt.datetime:
    """Let the hold `(account_id, id)` last for `ttl_s` seconds from now, if that is longer; when it ends then.

    One whose time is over but which nobody has released yet is saved. NotFound; Conflict `hold_closed`.
    """
    if not 0 < ttl_s <= TTL_MAX_S:
        raise ValueError(f"cannot hold points for {ttl_s} s")
    expires_at, refused = _call("SELECT * FROM ledger_extend_hold(%s,%s,%s)", *held, ttl_s)
    _check(refused, None)
    assert isinstance(expires_at, dt.datetime)
    return expires_at


def get_hold(account_id: int, hold_id: int) -> Hold:
    """The hold as it is now. NotFound."""
    return _read(account_id, hold_id, replayed=False)


def hold_under(partner_id: int, external_id: str, request_hash: bytes) -> Hold | None:
    """The hold that this very request made before, whoever has its wallet today; None if it made none."""
    row = raw().execute(_UNDER, (partner_id, Operation.HOLD, external_id)).fetchone()
    return _read(row[0], row[1], replayed=True) if row and bytes(row[2]) == request_hash else None


def restricted(held: tuple[int, int]) -> dict[int, int]:
    """What the hold `(account_id, id)` has left of restricted points, by restriction."""
    return dict(raw().execute(_RESTRICTED, held).fetchall())


def captured_until(held: tuple[int, int], entry_id: int) -> int:
    """How much of the hold `(account_id, id)` had been redeemed once this capture of it was."""
    row = raw().execute(_CAPTURED, (*held, entry_id)).fetchone()
    assert row is not None
    return int(row[0])


def _read(account_id: int, hold_id: int, replayed: bool) -> Hold:
    row: Any = raw().execute(_HOLD, (account_id, hold_id)).fetchone()
    if row is None:
        raise NotFound()
    return Hold(*(*row, replayed))


def _call(sql: str, *params: object) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = raw().execute(sql.encode(), params).fetchone()
    assert row is not None
    crash.point("after_lock")
    return row


def _check(refused: str | None, left: int | None) -> None:
    if refused == "not_found":
        raise NotFound()
    if refused:
        refuse(refused, left if refused == "hold_exceeded" else None)
