"""Asking to give something back: within the supplier's days, and never more than came and is not coming back already.

Whoever asks holds the lock of the order's row, so that its lines are counted one after another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from catalog.orders.returning.moving import LockedReturn, go, lock_return, move
from catalog.orders.returning.returned import find_return, policy
from catalog.orders.returning.rma import REASONS, Return, Returnable
from coalition import programs
from coalition.kernel import audit, clock
from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

_INSERT = """
    INSERT INTO rma (program_id, order_id, consignment_id, partner_id, external_id, request_hash, state, reason,
                     comment)
    VALUES (:program_id, :order_id, :consignment_id, :partner_id, :external_id, :hash, '', :reason, :comment)
    RETURNING id"""


def returnable(program_id: int, order_id: int) -> list[Returnable]:
    """What of an order may be given back now; empty for what is not delivered, electronic, or came too long ago."""
    zone = programs.get(program_id).zone
    found = (_returnable(row, zone) for row in _lines(order_id))
    return [line for line in found if line.left and line.until > clock.now()]


def request_return(
    program_id: int,
    order_id: int,
    *,
    external_id: str,
    lines: Mapping[int, int],
    reason: str,
    request_hash: bytes,
    comment: str | None = None,
) -> tuple[Return, bool]:
    """Ask to give back so many pieces of these lines, all of one supplier; the return, and whether it was asked for.

    Idempotent by (the order's partner, external id). Where the supplier says so it is authorized at once. NotFound;
    Invalid `unknown_line`, `several_suppliers`, `unknown_reason`; Conflict `not_delivered`, `not_returnable` (sent by
    e-mail), `return_window_closed`, `return_exceeded` (extra `left` by line), `external_id_conflict`. Raises RacingKey
    when another return is asked for under the same external id at the same moment: `transact` tries again.
    """
    order = fetch_one(
        "SELECT partner_id FROM customer_order WHERE id = :id AND program_id = :program_id FOR NO KEY UPDATE",
        {"id": order_id, "program_id": program_id},
    )
    if order is None:
        raise NotFound()
    before = _asked_before(order_id, order.partner_id, external_id, request_hash)
    if before is not None:
        return find_return(program_id, before), True
    if reason not in REASONS:
        raise _wrong("/reason", "unknown_reason", "There is no such reason.")
    consignment_id = _check(order_id, lines, programs.get(program_id).zone)
    key = {"program_id": program_id, "order_id": order_id, "partner_id": order.partner_id, "external_id": external_id}
    facts = {**key, "consignment_id": consignment_id, "hash": request_hash, "reason": reason, "comment": comment}
    try:
        row = fetch_one(_INSERT, facts)
    except IntegrityError as error:
        raise RacingKey from error
    assert row is not None
    for line_no, qty in sorted(lines.items()):
        execute(
            "INSERT INTO rma_item (rma_id, order_id, line_no, qty) VALUES (:rma_id, :order_id, :line_no, :qty)",
            {"rma_id": row.id, "order_id": order_id, "line_no": line_no, "qty": qty},
        )
    audit.record("return.request", f"return:{row.id}", order_id=order_id, lines=dict(lines), reason=reason)
    asked = move(lock_return(program_id, row.id), ["requested"], reason)
    if policy(asked.supplier_id).auto_authorize:
        permit(asked)
    return find_return(program_id, row.id), False


def cancel_return(program_id: int, return_id: int) -> Return:
    """The member keeps the goods after all. NotFound; Conflict `return_state` once they are on their way."""
    go(lock_return(program_id, return_id), "cancelled")
    _receptions(return_id, "cancelled")
    return find_return(program_id, return_id)


def permit(asked: LockedReturn, label_url: str | None = None, note: str | None = None) -> None:
    """Let the goods be sent: to the supplier's address, within its days."""
    how, zone = policy(asked.supplier_id), programs.get(asked.program_id).zone
    last_day = clock.local_date(clock.now(), zone) + dt.timedelta(days=how.send_within_days)
    execute(
        "UPDATE rma SET address = :address, label_url = :label_url, note = coalesce(:note, note), send_until = :until"
        " WHERE id = :id",
        {
            "id": asked.id,
            "address": how.address,
            "label_url": label_url,
            "note": note,
            "until": clock.end_of_last_day(last_day, zone),
        },
    )
    go(asked, "authorized", note)


def returnable_rows(order_id: int) -> dict[int, Row[Any]]:
    """The lines of an order with what came of each, how it was paid, and how much has come back."""
    return {row.line_no: row for row in _lines(order_id)}


def _receptions(return_id: int, reception: str) -> None:
    execute("UPDATE rma_item SET reception = :reception WHERE rma_id = :id", {"id": return_id, "reception": reception})


def _asked_before(order_id: int, partner_id: int, external_id: str, request_hash: bytes) -> int | None:
    row = fetch_one(
        "SELECT id, order_id, request_hash FROM rma WHERE partner_id = :partner_id AND external_id = :external_id",
        {"partner_id": partner_id, "external_id": external_id},
    )
    if row is None:
        return None
    if (row.order_id, bytes(row.request_hash)) != (order_id, request_hash):
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return int(row.id)


def _check(order_id: int, lines: Mapping[int, int], zone: str) -> int:
    """The consignment that these lines belong to, if they may be given back."""
    rows = fetch_all(
        "SELECT l.no, l.consignment_id, c.delivery_kind FROM order_line l JOIN consignment c ON c.id = l.consignment_id"
        " WHERE l.order_id = :id LIMIT 500",
        {"id": order_id},
    )
    known = {row.no: row for row in rows}
    if not lines or not lines.keys() <= known.keys():
        raise _wrong("/lines", "unknown_line", "The order has no such line.")
    if len({known[no].consignment_id for no in lines}) > 1:
        raise _wrong("/lines", "several_suppliers", "What came from several suppliers is returned to each separately.")
    if any(known[no].delivery_kind == "electronic" for no in lines):
        raise Conflict("not_returnable", "What was sent by e-mail cannot be given back.")
    came = {row.line_no: row for row in _lines(order_id)}
    if not lines.keys() <= came.keys():
        raise Conflict("not_delivered", "This has not been delivered.")
    _check_pieces(lines, came)
    first: int = min(lines)
    if _returnable(came[first], zone).until <= clock.now():
        raise Conflict("return_window_closed", "It was delivered too long ago to be given back.")
    return int(known[first].consignment_id)


def _check_pieces(lines: Mapping[int, int], came: Mapping[int, Row[Any]]) -> None:
    if any(not 0 < qty <= came[no].left for no, qty in lines.items()):
        left = {str(no): came[no].left for no in lines}
        raise Conflict("return_exceeded", "More would be given back than came.", left=left)


def _lines(order_id: int) -> Sequence[Row[Any]]:
    return fetch_all(load_sql(__file__, "returnable.sql"), {"order_id": order_id})


def _returnable(row: Row[Any], zone: str) -> Returnable:
    last_day = clock.local_date(row.delivered_at, zone) + dt.timedelta(days=policy(row.supplier_id).days)
    until = clock.end_of_last_day(last_day, zone)
    return Returnable(row.line_no, row.consignment_id, row.supplier_id, row.left, until)


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid", "The return cannot be asked for like this.", [FieldError(pointer, code, detail)])
