"""What a wallet looks like now: balances, open lots, movements. Reads only, and every list has a limit.

What is usable is the sum of the lots at this instant: a pending lot becomes usable, and an expired one unusable, by
time alone, whether a sweep has run or not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any

import psycopg

from coalition.kernel.db import load_sql, raw
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.ledger.types import AccountKind, Balance, EntryKind, Lot, Movement

LOTS_MAX = 1_000
_CREDITED = "SELECT coalesce(sum(amount), 0) FROM entry WHERE account_id = %s AND kind = %s AND recorded_at >= %s"
_BY_WALLET = " GROUP BY a.id, a.currency_id, w.held, w.arrears, l.expires_at ORDER BY a.currency_id, a.id, l.expires_at"
_POSTED_KINDS = (EntryKind.CREDIT, EntryKind.DEBIT, EntryKind.CAPTURE, EntryKind.EXPIRY)


def balances(program_id: int, member_id: int) -> list[Balance]:
    """A member's wallets in a program, by currency. None exist before the first points."""
    owner = " WHERE a.program_id = %s AND a.kind = %s AND a.owner = %s"
    return _fold(_balances(owner, (program_id, int(AccountKind.WALLET), member_id)))


def balances_of(account_ids: Iterable[int]) -> dict[int, Balance]:
    """The balances of many wallets, by account id."""
    rows = _balances(" WHERE a.id = ANY(%s)", (list(account_ids),))
    return {balance.account_id: balance for balance in _fold(rows)}


def lots(account_id: int) -> list[Lot]:
    """The lots with points left, soonest end first: the order in which they are spent. At most 1,000."""
    rows = raw().execute(load_sql(__file__, "lots.sql"), (account_id, LOTS_MAX))
    return [_lot(row) for row in rows]


def credited(account_id: int, since: dt.datetime) -> int:
    """The points that a wallet was credited with since an instant, whatever became of them."""
    row = raw().execute(_CREDITED, (account_id, int(EntryKind.CREDIT), since)).fetchone()
    return int(row[0]) if row else 0


def movements(
    account_ids: Sequence[int],
    cursor: str | None,
    limit: int,
    *,
    partner_id: int | None = None,
    kinds: Collection[EntryKind] = _POSTED_KINDS,
) -> Page[Movement]:
    """What was booked on these wallets, newest first: credits, redemptions, expiries; their sum is balance plus held.

    Setting points aside and putting them back is no movement: until it is captured, a hold is part of the balance.
    `partner_id` and `kinds` leave only what one partner booked, or only movements of these kinds.
    """
    at = decode_cursor(cursor, int, int)
    rows = raw().execute(
        load_sql(__file__, "movements.sql"),
        {
            "accounts": list(account_ids),
            "kinds": [int(kind) for kind in kinds],
            "limit": limit + 1,
            "partner": partner_id,
        }
        | ({"from_account": at[0], "from_entry": at[1]} if at else {"from_account": None, "from_entry": None}),
    )
    items = [_movement(row) for row in rows]
    last = items[limit - 1] if len(items) > limit else None
    return Page(items[:limit], encode_cursor(last.account_id, last.entry_id) if last else None)


def _balances(condition: str, params: tuple[Any, ...]) -> psycopg.Cursor[Any]:
    sql = load_sql(__file__, "balances.sql") + condition + _BY_WALLET
    return raw().execute(sql.encode(), params)


def _fold(rows: Iterable[tuple[Any, ...]]) -> list[Balance]:
    folded = []
    for wallet, group in groupby(rows, key=lambda row: row[:4]):
        ends = [(expires_at, usable, pending) for *_, expires_at, usable, pending in group]
        account_id, currency_id, held, arrears = wallet
        folded.append(
            Balance(
                account_id,
                currency_id,
                available=sum(usable for _, usable, _ in ends),
                pending=sum(pending for *_, pending in ends),
                held=held,
                arrears=arrears,
                next_expirations=tuple(_ends(ends)),
            )
        )
    return folded


def _ends(rows: list[tuple[dt.datetime | None, int, int]]) -> Iterable[tuple[int, dt.datetime]]:
    return ((usable + pending, expires_at) for expires_at, usable, pending in rows if expires_at is not None)


def _lot(row: Any) -> Lot:
    return Lot(*(*row[:9], tuple(zip(*row[9:], strict=True))))


def _movement(row: Any) -> Movement:
    return Movement(*(*row[:12], EntryKind(row[12]), AccountKind(row[13])))
