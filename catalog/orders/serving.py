"""What a supplier's own people see of orders: their consignments, what is to be answered, packed and sent. Reads only.

Where a consignment goes is read only once its supplier has accepted it, and while it is being sent.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.ports import Address
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

TO_ANSWER = ("confirming", "in_doubt")
TO_SHIP = ("confirmed", "preparing", "partially_shipped")
ASKED_BACK = ("cancel_requested", "void_requested")
SERVED = {
    "answer": TO_ANSWER,
    "ship": TO_SHIP,
    "asked_back": ASKED_BACK,
    "sent": ("shipped", "delivered", "issued", "closed"),
    "ended": ("rejected", "released", "cancelled", "voided"),
}
_ADDRESSED = (*TO_SHIP, "cancel_requested", "shipped")
_ROW = """
    SELECT c.id, c.supplier_id, s.client_ref, s.external_id, c.state, c.reason, c.state_at, c.sla_due_at, c.expected_on,
           c.delivery_kind, o.placed_at, o.method, s.protocol,
           CASE WHEN c.state = ANY(:addressed) THEN o.address END AS address
      FROM consignment c JOIN customer_order o ON o.id = c.order_id
      JOIN supplier_order s ON s.consignment_id = c.id
     WHERE c.supplier_id = ANY(:suppliers)"""
_LINES = """
    SELECT consignment_id, supplier_sku, title_en, title_ru, sum(qty)::int AS qty FROM order_line
     WHERE consignment_id = ANY(:ids) AND state <> 'released'
     GROUP BY 1, 2, 3, 4 ORDER BY consignment_id, supplier_sku LIMIT 50000"""


@dataclass(frozen=True, slots=True)
class ServedLine:
    """So many pieces of one of the supplier's articles."""

    sku: str
    title_en: str
    title_ru: str
    qty: int

    def title(self, language: str) -> str:
        """The title in `en` or `ru`."""
        return self.title_ru if language == "ru" else self.title_en


@dataclass(frozen=True, slots=True)
class Served:
    """A consignment as its supplier's people see it; `client_ref` is our reference. `sla_due_at`: by when to act."""

    id: int
    supplier_id: int
    client_ref: str
    external_id: str | None
    state: str
    reason: str | None
    state_at: dt.datetime
    sla_due_at: dt.datetime | None
    expected_on: dt.date
    delivery_kind: str
    placed_at: dt.datetime
    method: str
    protocol: str
    address: Address | None
    lines: tuple[ServedLine, ...]


def served(supplier_ids: Collection[int], view: str, cursor: str | None, limit: int) -> Page[Served]:
    """The consignments of suppliers in a view (`SERVED`), newest first. Raises Invalid for a foreign cursor."""
    (before,) = decode_cursor(cursor, int) or (2**62,)
    sql = f"{_ROW} AND c.state = ANY(:states) AND c.id < :before ORDER BY c.id DESC LIMIT :limit"
    wanted = {"states": list(SERVED[view]), "before": before, "limit": limit + 1}
    found = _read(sql, supplier_ids, wanted)
    return Page(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def one_served(supplier_ids: Collection[int], client_ref: str) -> Served:
    """A consignment of one of these suppliers, by our reference. Raises NotFound, for another supplier's too."""
    found = _read(f"{_ROW} AND s.client_ref = :ref", supplier_ids, {"ref": client_ref})
    if not found:
        raise NotFound()
    return found[0]


def serving(supplier_ids: Collection[int]) -> dict[str, int]:
    """How many consignments wait in the views that ask for something."""
    rows = fetch_all(
        "SELECT state, count(*) AS n FROM consignment WHERE supplier_id = ANY(:suppliers) AND state = ANY(:states)"
        " GROUP BY state",
        {"suppliers": list(supplier_ids), "states": [*TO_ANSWER, *TO_SHIP, *ASKED_BACK]},
    )
    counted = {row.state: row.n for row in rows}
    return {view: sum(counted.get(state, 0) for state in SERVED[view]) for view in ("answer", "ship", "asked_back")}


def _read(sql: str, supplier_ids: Collection[int], wanted: dict[str, Any]) -> list[Served]:
    rows: Sequence[Any] = fetch_all(sql, {"suppliers": list(supplier_ids), "addressed": list(_ADDRESSED), **wanted})
    lines: defaultdict[int, list[ServedLine]] = defaultdict(list)
    for line in fetch_all(_LINES, {"ids": [row.id for row in rows]}):
        lines[line.consignment_id].append(ServedLine(*line[1:]))
    return [
        Served(
            **{
                **row._mapping,
                "address": Address(**row.address) if row.address else None,
                "lines": tuple(lines[row.id]),
            }
        )
        for row in rows
    ]
