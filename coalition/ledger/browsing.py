"""Reading for people and their partners: what is set aside on wallets, whose they are, what ends soon. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import raw
from coalition.ledger.types import Hold

_OPEN = """
    SELECT h.account_id, h.id, h.amount, h.captured, h.released, h.state, h.expires_at, h.purpose, h.partner_id,
           h.external_id, e.operation
      FROM hold h JOIN entry e ON e.account_id = h.account_id AND e.id = h.id
     WHERE h.account_id = ANY(%s) AND h.state = 'open' ORDER BY h.expires_at, h.id LIMIT %s"""
_OWNERS = "SELECT id, owner FROM account WHERE id = ANY(%s) AND kind = 1"
_ENDING = """
    SELECT l.account_id, a.owner, a.currency_id, l.expires_at, sum(l.remaining)::bigint
      FROM lot l JOIN account a ON a.id = l.account_id
     WHERE l.account_id IN (SELECT w.account_id FROM wallet w WHERE w.program_id = %s AND w.account_id > %s
                             ORDER BY w.account_id LIMIT %s)
       AND l.expires_at > %s AND l.expires_at <= %s
     GROUP BY 1, 2, 3, 4 ORDER BY l.account_id, l.expires_at"""
_EXPIRED = """
    SELECT e.account_id, e.id, -e.amount, e.expires_at FROM entry e
     WHERE e.xid = %(xid)s::xid8 AND e.kind = 6 AND e.program_id = %(program_id)s AND e.currency_id = %(currency_id)s
       AND e.id BETWEEN %(first)s AND %(last)s ORDER BY e.id"""
_LAST = """
    SELECT max(account_id) FROM (SELECT w.account_id FROM wallet w WHERE w.program_id = %s AND w.account_id > %s
                                  ORDER BY w.account_id LIMIT %s) x"""


@dataclass(frozen=True, slots=True)
class Ending:
    """Points of a member's wallet whose last usable moment is the same."""

    account_id: int
    member_id: int
    currency_id: int
    expires_at: dt.datetime
    points: int


def owners(account_ids: Collection[int]) -> dict[int, int]:
    """The member of each of these wallets, by account."""
    return dict(raw().execute(_OWNERS, (list(account_ids),)).fetchall())


def expired(told: Mapping[str, Any]) -> list[tuple[int, int, int, str]]:
    """What an event `points.expired` tells of: the wallet, the journal row, the points and when they ended (ISO 8601).

    The sweep tells where in the journal it stands; what ends few wallets writes it out (`expired`).
    """
    if "expired" in told:
        return [(account_id, entry_id, points, ended) for account_id, entry_id, points, ended in told["expired"]]
    return [(*row, ended.isoformat()) for *row, ended in raw().execute(_EXPIRED, told)]


def ending(
    program_id: int, after: int, limit: int, since: dt.datetime, until: dt.datetime
) -> tuple[list[Ending], int | None]:
    """What ends in (since, until] in the next `limit` wallets of a program behind the account `after`.

    The second is the last account looked at, where to go on; None at the end.
    """
    row = raw().execute(_LAST, (program_id, after, limit)).fetchone()
    rows = raw().execute(_ENDING, (program_id, after, limit, since, until)).fetchall()
    return [Ending(*one) for one in rows], row[0] if row else None


def open_holds(account_ids: Sequence[int], limit: int) -> list[Hold]:
    """The holds that still set points of these wallets aside, the one that ends first first."""
    return [Hold(*row) for row in raw().execute(_OPEN, (list(account_ids), limit))]
