"""Reading orders."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from catalog.orders.types import Change, Consignment, Order, OrderLine, ReservedLine, Summary
from catalog.ports import Address
from coalition import members
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_MOST = 500
_LINES = """
    SELECT order_id, no, consignment_id, reward_id, supplier_sku, title_en, title_ru, artwork, qty, unit_points,
           state, answer, split_from, points_paid, cash_minor
      FROM order_line WHERE order_id = ANY(:ids) ORDER BY order_id, no LIMIT :most"""
_CONSIGNMENTS = """
    SELECT c.id, c.no, c.supplier_id, c.state, c.reason, c.delivery_kind, c.points, c.delivery_points, c.expected_on,
           s.client_ref, s.external_id, c.points_paid, c.points_captured, c.points_released, c.points_refunded,
           c.cash_minor, c.cash_captured, c.cash_refunded, c.sla_due_at, c.void_until,
           c.state IN ('new', 'reserving', 'reserved')
             OR (coalesce((s.caps ->> 'cancel')::boolean, false)
                 AND (c.state IN ('confirmed', 'preparing') OR c.state = 'issued' AND c.void_until > now()))
             AS cancellable
      FROM consignment c JOIN supplier_order s ON s.consignment_id = c.id
     WHERE c.order_id = :id ORDER BY c.no LIMIT :most"""
_SUMMARIES = """
    SELECT o.id, o.placed_at, o.state, o.points,
           (SELECT count(*) FROM consignment c WHERE c.order_id = o.id) AS parcels,
           (SELECT max(c.expected_on) FROM consignment c WHERE c.order_id = o.id
               AND c.state NOT IN ('delivered', 'closed', 'rejected', 'released', 'cancelled', 'voided')) AS expected_on
      FROM customer_order o
     WHERE o.program_id = :program_id AND o.member_id = ANY (:member_ids) AND o.id < :before
       AND (CAST(:states AS text[]) IS NULL OR o.state = ANY (:states))
     ORDER BY o.id DESC LIMIT :limit"""


def find(program_id: int, order_id: int) -> Order:
    """The order with its consignments and everything that happened to it. Raises NotFound."""
    row = fetch_one(
        "SELECT id, program_id, partner_id, external_id, member_id, currency_id, state, points, points_paid,"
        " cash_minor, cash_currency, payment, method, address, placed_at FROM customer_order"
        " WHERE id = :id AND program_id = :program_id",
        {"id": order_id, "program_id": program_id},
    )
    if row is None:
        raise NotFound()
    lines = _lines([order_id])[order_id]
    parcels = [
        Consignment(**parcel._mapping, lines=tuple(line for line in lines if line.consignment_id == parcel.id))
        for parcel in fetch_all(_CONSIGNMENTS, {"id": order_id, "most": _MOST})
    ]
    changes = fetch_all(
        "SELECT consignment_id, to_state, reason, at FROM order_event WHERE order_id = :id ORDER BY id LIMIT :most",
        {"id": order_id, "most": _MOST},
    )
    facts: dict[str, Any] = {**row._mapping, "address": Address(**row.address)}
    return Order(**facts, consignments=tuple(parcels), changes=tuple(Change(*change) for change in changes))


def find_own(program_id: int, member_id: int, order_id: int) -> Order:
    """The member's own order, whoever it was when it ordered. Raises NotFound."""
    found = find(program_id, order_id)
    if found.member_id != member_id and members.survivor(found.member_id) != member_id:
        raise NotFound()
    return found


def list_for(
    program_id: int,
    member_id: int,
    *,
    states: Collection[str] | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Summary]:
    """A member's orders, in these states (None: in any), newest first. Raises Invalid for a foreign cursor.

    Those of members who were merged into this one are its own.
    """
    position = decode_cursor(cursor, int)
    known = {"program_id": program_id, "member_ids": _names(member_id), "states": list(states) if states else None}
    params = {**known, "before": position[0] if position else 2**62}
    rows = fetch_all(_SUMMARIES, {**params, "limit": limit + 1})
    shown = rows[:limit]
    lines = _lines([row.id for row in shown])
    found = [Summary(**row._mapping, lines=tuple(lines[row.id])) for row in shown]
    return Page(found, encode_cursor(shown[-1].id) if len(rows) > limit else None)


def points_since(program_id: int, member_id: int, span: dt.timedelta, *, external_prefix: str = "") -> int:
    """The points that pay a member's orders of the last `span`, without those orders that were called off.

    `external_prefix`: only those whose external id begins with it.
    """
    row = fetch_one(
        "SELECT coalesce(sum(points_paid), 0)::bigint AS points FROM customer_order"
        " WHERE program_id = :program_id AND member_id = ANY (:member_ids) AND placed_at > now() - :span"
        " AND starts_with(external_id, :prefix) AND state NOT IN ('rejected', 'cancelled')",
        {"program_id": program_id, "member_ids": _names(member_id), "span": span, "prefix": external_prefix},
    )
    assert row is not None  # an aggregate
    return int(row.points)


def consignment_by_ref(supplier_id: int, client_ref: str) -> int | None:
    """The consignment that a supplier knows by our reference, None if it has no such one."""
    row = fetch_one(
        "SELECT c.id FROM supplier_order s JOIN consignment c ON c.id = s.consignment_id"
        " WHERE s.client_ref = :client_ref AND c.supplier_id = :supplier_id",
        {"client_ref": client_ref, "supplier_id": supplier_id},
    )
    return int(row.id) if row else None


def reserved(supplier_id: int, client_ref: str) -> list[ReservedLine]:
    """The lines of a consignment, by our reference, with the keys under which their pieces are reserved."""
    rows = fetch_all(
        "SELECT l.supplier_sku, l.qty, l.reservation_key FROM supplier_order s"
        " JOIN consignment c ON c.id = s.consignment_id JOIN order_line l ON l.consignment_id = c.id"
        " WHERE s.client_ref = :client_ref AND c.supplier_id = :supplier_id AND l.state <> 'released'"
        " ORDER BY l.no LIMIT :most",
        {"client_ref": client_ref, "supplier_id": supplier_id, "most": _MOST},
    )
    return [ReservedLine(*row) for row in rows]


def pieces(consignment_id: int) -> dict[str, int]:
    """How many pieces of each of the supplier's articles a consignment holds, without those that nobody promises."""
    rows = fetch_all(
        "SELECT supplier_sku, sum(qty)::bigint AS qty FROM order_line WHERE consignment_id = :id"
        " AND state <> 'released'"
        " GROUP BY supplier_sku LIMIT :most",
        {"id": consignment_id, "most": _MOST},
    )
    return {row.supplier_sku: row.qty for row in rows}


def _names(member_id: int) -> list[int]:
    """Under which members' numbers somebody may have ordered."""
    return [member_id, *members.absorbed(member_id)]


def _lines(order_ids: Iterable[int]) -> dict[int, list[OrderLine]]:
    found: dict[int, list[OrderLine]] = defaultdict(list)
    for row in fetch_all(_LINES, {"ids": list(order_ids), "most": _MOST * 10}):
        found[row.order_id].append(OrderLine(*row[1:]))
    return found
