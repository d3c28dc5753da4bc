"""Reading purchases and registries for staff, across partners. Reads only, and every list has a limit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.purchases.receipts import Line
from coalition.purchases.registries.registry import COLUMNS, Registry

_RECEIPTS_MAX = 100
PURCHASE = """
    SELECT p.id, p.program_id, p.partner_id, p.member_id, p.external_id, p.occurred_at, p.recorded_at, p.currency,
           p.total_minor, p.points_paid_minor, p.channel, p.outlet_id, p.registry_id, p.captured,
           p.captured_currency_id, p.actor FROM purchase p"""


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase as it was recorded; money in minor units of `currency`, `captured` in units of its points currency."""

    id: int
    program_id: int
    partner_id: int
    member_id: int | None
    external_id: str
    occurred_at: dt.datetime
    recorded_at: dt.datetime
    currency: str
    total_minor: int
    points_paid_minor: int
    channel: str
    outlet_id: int
    registry_id: int | None
    captured: int | None
    captured_currency_id: int | None
    actor: str


def whole(purchase_id: int) -> tuple[Purchase, list[Line]]:
    """A purchase with its lines. Raises NotFound."""
    row = fetch_one(f"{PURCHASE} WHERE p.id = :id", {"id": purchase_id})
    if row is None:
        raise NotFound()
    lines = fetch_all(
        "SELECT no, amount_minor, qty_m, price_minor, sku, name, category FROM purchase_line"
        " WHERE purchase_id = :id ORDER BY no",
        {"id": purchase_id},
    )
    return Purchase(**row._mapping), [Line(*line) for line in lines]


def of_members(member_ids: Collection[int], cursor: str | None, limit: int) -> Page[Purchase]:
    """The purchases of these members, the latest first, whether they earned anything or not."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"{PURCHASE} WHERE p.member_id = ANY(:members) AND (CAST(:before AS bigint) IS NULL OR (p.occurred_at, p.id) <"
        " (SELECT q.occurred_at, q.id FROM purchase q WHERE q.id = :before))"
        " ORDER BY p.occurred_at DESC, p.id DESC LIMIT :limit",
        {"members": list(member_ids), "before": before, "limit": limit + 1},
    )
    items = [Purchase(**row._mapping) for row in rows]
    return Page(items[:limit], encode_cursor(items[limit - 1].id) if len(items) > limit else None)


def by_receipt(partner_ids: Collection[int], external_id: str) -> list[Purchase]:
    """The purchases of these partners with this receipt number; at most 100."""
    rows = fetch_all(
        f"{PURCHASE} WHERE p.partner_id = ANY(:partners) AND p.external_id = :external_id ORDER BY p.id LIMIT :most",
        {"partners": list(partner_ids), "external_id": external_id, "most": _RECEIPTS_MAX},
    )
    return [Purchase(**row._mapping) for row in rows]


def list_registries(
    program_id: int, cursor: str | None, limit: int, *, state: str = "", partner_id: int | None = None
) -> Page[Registry]:
    """The registries of a program, the latest first; of one state or one partner only, where named."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"SELECT {COLUMNS} FROM registry WHERE program_id = :program"
        " AND (CAST(:before AS bigint) IS NULL OR id < :before) AND (:state = '' OR state = :state)"
        " AND (CAST(:partner AS int) IS NULL OR partner_id = :partner) ORDER BY id DESC LIMIT :limit",
        {"program": program_id, "before": before, "state": state, "partner": partner_id, "limit": limit + 1},
    )
    items = [Registry(**row._mapping) for row in rows]
    return Page(items[:limit], encode_cursor(items[limit - 1].id) if len(items) > limit else None)


def registry_states(program_id: int) -> dict[str, int]:
    """How many registries of a program are in each state."""
    rows = fetch_all(
        "SELECT state, count(*) AS many FROM registry WHERE program_id = :program GROUP BY state",
        {"program": program_id},
    )
    return {row.state: row.many for row in rows}
