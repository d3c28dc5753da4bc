"""Searching a partner's own purchases. Reads only, and nothing of another partner is looked at."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.purchases.browsing import PURCHASE, Purchase

_NUMBERED = """
    SELECT id FROM purchase WHERE partner_id = :partner AND external_id = :number
    UNION SELECT purchase_id FROM purchase_return WHERE partner_id = :partner AND external_id = :number"""
_POINTS = """
    SELECT purchase_id, currency_id, sum(units)::bigint AS units FROM award
     WHERE purchase_id = ANY(:ids) GROUP BY purchase_id, currency_id"""
_BACK = """
    SELECT r.purchase_id, bool_or(r.kind = 'void') AS voided, sum(r.refund_minor)::bigint AS refund, NOT EXISTS (
               SELECT FROM purchase_line l WHERE l.purchase_id = r.purchase_id
                  AND coalesce((SELECT sum(x.parts) FROM return_line x
                                 WHERE x.purchase_id = l.purchase_id AND x.no = l.no), 0)
                      < CASE WHEN l.qty_m > 0 THEN l.qty_m ELSE 1 END) AS whole
      FROM purchase_return r WHERE r.purchase_id = ANY(:ids) GROUP BY r.purchase_id"""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which of a partner's purchases: of this receipt number (or of a return's), these members, this outlet, from
    `since` until before `until`, of `least` to `most` minor units; with `returned`, only those that came back."""

    partner_id: int
    number: str = ""
    member_ids: Collection[int] | None = None
    outlet_id: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    least: int | None = None
    most: int | None = None
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Came:
    """What became of a purchase: points by currency and the money paid back.

    `state` is recorded, partly_returned, returned or voided.
    """

    points: Mapping[int, int]
    refund_minor: int = 0
    state: str = "recorded"


def search(sought: Sought, cursor: str | None, limit: int) -> Page[Purchase]:
    """The purchases sought, the latest first. Raises Invalid for a cursor that is not ours."""
    (before,) = decode_cursor(cursor, int) or (None,)
    wheres, params = _conditions(sought)
    rows = fetch_all(
        f"{PURCHASE} WHERE p.partner_id = :partner AND {' AND '.join(wheres)}"
        " AND (CAST(:before AS bigint) IS NULL OR (p.occurred_at, p.id) <"
        " (SELECT q.occurred_at, q.id FROM purchase q WHERE q.id = :before AND q.partner_id = :partner))"
        " ORDER BY p.occurred_at DESC, p.id DESC LIMIT :limit",
        {**params, "partner": sought.partner_id, "before": before, "limit": limit + 1},
    )
    items = [Purchase(**row._mapping) for row in rows]
    return Page(items[:limit], encode_cursor(items[limit - 1].id) if len(items) > limit else None)


def came(purchase_ids: Sequence[int]) -> dict[int, Came]:
    """What became of these purchases, by their numbers, in two statements."""
    points: dict[int, dict[int, int]] = defaultdict(dict)
    for row in fetch_all(_POINTS, {"ids": list(purchase_ids)}):
        points[row.purchase_id][row.currency_id] = row.units
    found = {number: Came(points[number]) for number in purchase_ids}
    for row in fetch_all(_BACK, {"ids": list(purchase_ids)}):
        state = "voided" if row.voided else "returned" if row.whole else "partly_returned"
        found[row.purchase_id] = Came(points[row.purchase_id], row.refund, state)
    return found


def own(partner_id: int, purchase_id: int) -> None:
    """Nothing, if the purchase is the partner's. Raises NotFound, for another's too."""
    params = {"id": purchase_id, "partner": partner_id}
    if fetch_one("SELECT 1 FROM purchase WHERE id = :id AND partner_id = :partner", params) is None:
        raise NotFound()


def payments(purchase_id: int) -> list[Mapping[str, Any]]:
    """How a purchase was paid, as its till said: `kind`, `amount` and perhaps `mcc` and `currency`."""
    row = fetch_one("SELECT payments FROM purchase WHERE id = :id", {"id": purchase_id})
    return list(row.payments or []) if row else []


def _conditions(sought: Sought) -> tuple[list[str], dict[str, Any]]:
    """The conditions of what was asked for, and no other: each is one that an index or a scan of few rows answers."""
    found: list[tuple[str, dict[str, Any]]] = [("true", {})]
    if sought.number:
        rows = fetch_all(_NUMBERED, {"partner": sought.partner_id, "number": sought.number})
        found.append(("p.id = ANY(:ids)", {"ids": [row.id for row in rows]}))
    if sought.member_ids is not None:
        found.append(("p.member_id = ANY(:members)", {"members": list(sought.member_ids)}))
    for name, condition in _RANGES.items():
        value = getattr(sought, name)
        if value is not None:
            found.append((condition, {name: value}))
    if sought.returned:
        found.append(("EXISTS (SELECT FROM purchase_return r WHERE r.purchase_id = p.id)", {}))
    return [where for where, _ in found], {name: value for _, own in found for name, value in own.items()}


_RANGES = {
    "outlet_id": "p.outlet_id = :outlet_id",
    "since": "p.occurred_at >= :since",
    "until": "p.occurred_at < :until",
    "least": "p.total_minor >= :least",
    "most": "p.total_minor <= :most",
}
