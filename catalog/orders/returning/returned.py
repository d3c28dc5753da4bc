"""Reading returns: one, those of an order, and the board of all; and how each supplier takes goods back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from catalog.orders.returning.rma import Return, ReturnChange, ReturnItem, ReturnPolicy
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_MOST_DAYS, _LONGEST_ADDRESS = 365, 500
_RETURN = """
    SELECT id, program_id, order_id, consignment_id, partner_id, external_id, state, reason, comment, note, address,
           label_url, requested_at, send_until, refund_points, refund_cash_minor FROM rma"""
_POLICY = """
    INSERT INTO return_policy (supplier_id, days, send_within_days, auto_authorize, address)
    VALUES (:supplier_id, :days, :send_within_days, :auto_authorize, :address)
    ON CONFLICT (supplier_id) DO UPDATE SET days = excluded.days, send_within_days = excluded.send_within_days,
           auto_authorize = excluded.auto_authorize, address = excluded.address"""


def find_return(program_id: int, return_id: int) -> Return:
    """The return. Raises NotFound."""
    rows = fetch_all(
        f"{_RETURN} WHERE id = :id AND program_id = :program_id", {"id": return_id, "program_id": program_id}
    )
    if not rows:
        raise NotFound()
    return _told(rows)[0]


def returns_of(order_id: int) -> list[Return]:
    """The returns of an order, the oldest first."""
    return _told(fetch_all(f"{_RETURN} WHERE order_id = :id ORDER BY id LIMIT 100", {"id": order_id}))


def returns(program_id: int, *, states: Sequence[str] = (), cursor: str | None = None, limit: int = 50) -> Page[Return]:
    """The returns of a program in these states (none: in any), newest first. Raises Invalid for a foreign cursor."""
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        f"{_RETURN} WHERE program_id = :program_id AND id < :before"
        " AND (:all OR state = ANY(:states)) ORDER BY id DESC LIMIT :limit",
        {
            "program_id": program_id,
            "before": position[0] if position else 2**62,
            "all": not states,
            "states": list(states),
            "limit": limit + 1,
        },
    )
    return Page(_told(rows[:limit]), encode_cursor(rows[limit - 1].id) if len(rows) > limit else None)


def policy(supplier_id: int) -> ReturnPolicy:
    """How a supplier takes goods back; fourteen days, if nothing was agreed."""
    row = fetch_one(
        "SELECT days, send_within_days, auto_authorize, address FROM return_policy WHERE supplier_id = :id",
        {"id": supplier_id},
    )
    return ReturnPolicy(**row._mapping) if row else ReturnPolicy()


def set_policy(supplier_id: int, how: ReturnPolicy) -> None:
    """Agree how a supplier takes goods back; returns that were asked for before keep their terms. Raises Invalid."""
    wrong = {
        "/days": not 0 <= how.days <= _MOST_DAYS,
        "/send_within_days": not 1 <= how.send_within_days <= _MOST_DAYS,
        "/address": len(how.address) > _LONGEST_ADDRESS,
    }
    problems = [FieldError(field, "invalid", "This cannot be.") for field, is_wrong in wrong.items() if is_wrong]
    if problems:
        raise Invalid("invalid", "Nothing is taken back like this.", problems)
    facts = {name: getattr(how, name) for name in ReturnPolicy.__slots__}
    execute(_POLICY, {"supplier_id": supplier_id, **facts})
    audit.record("return_policy.set", f"supplier:{supplier_id}", **facts)


def _told(rows: Sequence[Row[Any]]) -> list[Return]:
    wanted = [row.id for row in rows]
    items: dict[int, list[ReturnItem]] = defaultdict(list)
    changes: dict[int, list[ReturnChange]] = defaultdict(list)
    for item in fetch_all(
        "SELECT rma_id, line_no, qty, reception, received_qty, acceptance, accepted_qty, points, cash_minor"
        " FROM rma_item WHERE rma_id = ANY(:ids) ORDER BY rma_id, line_no LIMIT 20000",
        {"ids": wanted},
    ):
        items[item.rma_id].append(ReturnItem(*item[1:]))
    for change in fetch_all(
        "SELECT rma_id, to_state, reason, actor, at FROM rma_event WHERE rma_id = ANY(:ids) ORDER BY id LIMIT 5000",
        {"ids": wanted},
    ):
        changes[change.rma_id].append(ReturnChange(*change[1:]))
    return [Return(**row._mapping, items=tuple(items[row.id]), changes=tuple(changes[row.id])) for row in rows]
