"""What a wallet looks like now: balances, open lots, movements. Reads only, and every list has a limit.

What is usable is the sum of the lots at this instant: a pending lot becomes usable, and an expired one unusable, by
time alone, whether a sweep has run or not.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any

from coalition.kernel.db import hot, load_sql, raw
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.ledger.types import AccountKind, Balance, EntryKind, Lot, Movement

LOTS_MAX = 1_000
_End = tuple[dt.datetime | None, int, int, int | None]
_SPENT = """
    SELECT coalesce((SELECT -sum(e.amount) FROM entry e JOIN account c ON c.id = e.contra_id AND c.kind = 3
                      LEFT JOIN entry o ON e.kind = 7 AND o.account_id = e.account_id AND o.id = e.origin_id
                      WHERE e.account_id = %(account)s AND e.kind IN (2, 4, 7)
                        AND coalesce(o.recorded_at, e.recorded_at) >= %(since)s), 0)
         + coalesce((SELECT sum(h.amount - h.captured - h.released) FROM hold h
                      WHERE h.account_id = %(account)s AND h.created_at >= %(since)s), 0)"""
_CREDITED = "SELECT coalesce(sum(amount), 0) FROM entry WHERE account_id = %s AND kind = %s AND recorded_at >= %s"
_BY_WALLET = """ GROUP BY a.id, a.currency_id, w.held, w.arrears, least(l.expires_at, w.idle_at), l.restriction_id
    ORDER BY a.currency_id, a.id, least(l.expires_at, w.idle_at), l.restriction_id"""
_POSTED_KINDS = tuple(kind for kind in EntryKind if kind not in (EntryKind.HOLD, EntryKind.RELEASE, EntryKind.DEBT))


def balances(program_id: int, member_id: int) -> list[Balance]:
    """A member's wallets in a program, by currency. None exist before the first points."""
    owner = " WHERE a.program_id = %s AND a.kind = %s AND a.owner = %s"
    return _fold(hot(_balances(owner), (program_id, int(AccountKind.WALLET), member_id)))


def balances_of(account_ids: Iterable[int]) -> dict[int, Balance]:
    """The balances of many wallets, by account id."""
    rows = raw().execute(_balances(" WHERE a.id = ANY(%s)"), (list(account_ids),))
    return {balance.account_id: balance for balance in _fold(rows)}


def lots(account_id: int) -> list[Lot]:
    """The lots with points left, soonest end first: the order in which they are spent. At most 1,000."""
    rows = raw().execute(load_sql(__file__, "lots.sql"), (account_id, LOTS_MAX))
    return [_lot(row) for row in rows]


def credited(account_id: int, since: dt.datetime) -> int:
    """The points that a wallet was credited with since an instant, whatever became of them."""
    row = raw().execute(_CREDITED, (account_id, int(EntryKind.CREDIT), since)).fetchone()
    return int(row[0]) if row else 0


def spent(account_id: int, since: dt.datetime) -> int:
    """What a wallet redeemed since an instant, open holds included, less what of it was given back."""
    row = raw().execute(_SPENT, {"account": account_id, "since": since}).fetchone()
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


def movement(account_id: int, entry_id: int) -> Movement | None:
    """One journal row of a wallet, of whatever kind; None if it has no such row."""
    row = raw().execute(load_sql(__file__, "movement.sql"), (account_id, entry_id)).fetchone()
    return _movement(row) if row else None


def _balances(condition: str) -> bytes:
    return (load_sql(__file__, "balances.sql") + condition + _BY_WALLET).encode()


def _fold(rows: Iterable[tuple[Any, ...]]) -> list[Balance]:
    folded = []
    for wallet, group in groupby(rows, key=lambda row: row[:4]):
        ends = [(ends_at, usable, pending, restriction) for *_, ends_at, usable, pending, restriction in group]
        account_id, currency_id, held, arrears = wallet
        folded.append(
            Balance(
                account_id,
                currency_id,
                available=sum(usable for _, usable, _, restriction in ends if restriction is None),
                pending=sum(pending for _, _, pending, _ in ends),
                held=held,
                arrears=arrears,
                next_expirations=_ends(ends),
                restricted=_restricted(ends),
            )
        )
    return folded


def _ends(rows: list[_End]) -> tuple[tuple[int, dt.datetime], ...]:
    by_end: Counter[dt.datetime] = Counter()
    for ends_at, usable, pending, _ in rows:
        if ends_at is not None:
            by_end[ends_at] += usable + pending
    return tuple((amount, ends_at) for ends_at, amount in by_end.items())


def _restricted(rows: list[_End]) -> tuple[tuple[int, int], ...]:
    by_restriction: Counter[int] = Counter()
    for _, usable, _, restriction in rows:
        if restriction is not None:
            by_restriction[restriction] += usable
    return tuple(sorted((restriction, usable) for restriction, usable in by_restriction.items() if usable))


def _lot(row: Any) -> Lot:
    return Lot(*(*row[:10], tuple(zip(*row[10:], strict=True))))


def _movement(row: Any) -> Movement:
    return Movement(*(*row[:12], EntryKind(row[12]), AccountKind(row[13])))
