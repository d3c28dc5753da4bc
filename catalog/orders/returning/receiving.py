"""What becomes of a return: permitted or refused, sent, received, inspected, decided; by staff or by its parcel.

Reception and acceptance are apart, and each is said piece by piece.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalog import payments
from catalog.orders.returning.moving import LockedReturn, go, lock_return, move
from catalog.orders.returning.refunding import refund
from catalog.orders.returning.requesting import permit
from catalog.orders.returning.returned import find_return
from catalog.orders.returning.rma import Return, way
from coalition.kernel import audit, ids
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid


def authorize_return(
    program_id: int, return_id: int, *, label_url: str | None = None, note: str | None = None
) -> Return:
    """Let the goods be sent back, with the label at an http address. NotFound; Conflict `return_state`; Invalid."""
    if label_url is not None and not label_url.startswith(("https://", "http://")):
        problem = FieldError("/label_url", "invalid", "It is no http address.")
        raise Invalid("invalid", "The label has to be at an http address.", [problem])
    permit(lock_return(program_id, return_id), label_url, note)
    return _done("authorize", program_id, return_id, note)


def refuse_return(program_id: int, return_id: int, note: str) -> Return:
    """Do not take the goods back. NotFound; Conflict `return_state`."""
    go(lock_return(program_id, return_id), "refused", note)
    execute("UPDATE rma SET note = :note WHERE id = :id", {"id": return_id, "note": note})
    execute("UPDATE rma_item SET reception = 'cancelled' WHERE rma_id = :id", {"id": return_id})
    return _done("refuse", program_id, return_id, note)


def receive_return(program_id: int, return_id: int, pieces: Mapping[int, int]) -> Return:
    """So many pieces of each line are back at the supplier's; said again, it is corrected, until they are inspected.

    NotFound; Conflict `return_state`; Invalid `unknown_line`, `too_many_pieces`.
    """
    locked = lock_return(program_id, return_id)
    _check(return_id, pieces, "qty")
    if locked.state != "received":
        go(locked, "received")
    _receive(return_id, pieces)
    return _done("receive", program_id, return_id, None, pieces)


def inspect_return(program_id: int, return_id: int, note: str | None = None) -> Return:
    """The goods have been looked at; what came of it is decided next. NotFound; Conflict `return_state`."""
    locked = lock_return(program_id, return_id)
    if locked.state != "received":
        raise Conflict("return_state", "Only what was received can be inspected.", state=locked.state)
    move(locked, ["inspected"], note)
    return _done("inspect", program_id, return_id, note)


def decide_return(program_id: int, return_id: int, accepted: Mapping[int, int], note: str) -> Return:
    """Accept so many pieces of each line, none of a line that is not named: they are paid back in this transaction.

    NotFound; Conflict `return_state`; Invalid `unknown_line`, `too_many_pieces` for more than were received.
    """
    locked = lock_return(program_id, return_id)
    _check(return_id, accepted, "received_qty")
    if way(locked.state, "accepted") != ("accepted",):
        raise Conflict("return_state", "It has not been inspected, or was decided already.", state=locked.state)
    _accept(return_id, accepted)
    execute("UPDATE rma SET note = :note WHERE id = :id", {"id": return_id, "note": note})
    wanted = sum(item.qty for item in find_return(program_id, return_id).items)
    taken = sum(accepted.values())
    decided = move(locked, ["rejected" if not taken else "accepted" if taken == wanted else "partly"], note)
    if taken:
        refund(decided)
    return _done("decide", program_id, return_id, note, accepted)


def close_return(program_id: int, return_id: int) -> Return:
    """Nothing is left to be done about it. NotFound; Conflict `return_state`."""
    go(lock_return(program_id, return_id), "closed")
    return _done("close", program_id, return_id, None)


def lose_return(program_id: int, return_id: int, note: str) -> Return:
    """The carrier has lost the goods on their way back. NotFound; Conflict `return_state`."""
    _lose(lock_return(program_id, return_id), note)
    return _done("lose", program_id, return_id, note)


def on_its_way(return_id: int) -> int:
    """The consignment of a return whose goods may be sent, or are on their way. NotFound; Conflict `return_state`."""
    locked = lock_return(None, return_id)
    if locked.state not in ("authorized", "in_transit"):
        raise Conflict("return_state", "There is nothing to be sent back.", state=locked.state)
    return locked.consignment_id


def parcel_said(return_id: int, status: str) -> None:
    """What the carrier says about the goods' way back, in canonical statuses. What is late or repeated does nothing.

    A return that was lost stays lost, even if its parcel turns up: that is for people, and in the audit.
    """
    locked = lock_return(None, return_id)
    if status == "returned":
        if locked.state in ("authorized", "in_transit"):
            go(locked, "received", "carrier")
            _receive(return_id, {item.line_no: item.qty for item in find_return(locked.program_id, return_id).items})
        elif locked.state == "lost_in_transit":
            audit.record("return.contradiction", f"return:{return_id}", state=locked.state, parcel=status)
    elif status in ("lost", "failed", "damaged") and locked.state in ("authorized", "in_transit"):
        _lose(locked, status)
    elif status not in ("unknown", "pre_transit", "expired", "cancelled") and locked.state == "authorized":
        go(locked, "in_transit", "carrier")
        execute("UPDATE rma_item SET reception = 'in_transit' WHERE rma_id = :id", {"id": return_id})


def returns_overdue(limit: int) -> list[int]:
    """Returns that were permitted and not sent in time, at most `limit`."""
    rows = fetch_all(
        "SELECT id FROM rma WHERE state = 'authorized' AND send_until < now() ORDER BY send_until LIMIT :limit",
        {"limit": limit},
    )
    return [row.id for row in rows]


def expire_return(return_id: int) -> None:
    """A permission lapses whose goods were not sent; nothing, if they were meanwhile."""
    locked = lock_return(None, return_id)
    if locked.state == "authorized":
        go(locked, "expired")
        execute("UPDATE rma_item SET reception = 'cancelled' WHERE rma_id = :id", {"id": return_id})


def returns_unpaid(limit: int, after_id: int = 0) -> list[int]:
    """Returns whose cash was promised to come back and may have by now, at most `limit`, the oldest first.

    Only those after `after_id`: cash may be long in coming, and the others do not wait for it.
    """
    rows = fetch_all(
        "SELECT id FROM rma WHERE state = 'refunded' AND id > :after_id ORDER BY id LIMIT :limit",
        {"limit": limit, "after_id": after_id},
    )
    return [row.id for row in rows]


def close_if_paid(return_id: int) -> bool:
    """Close a return once the payer has all the cash back that was promised for its order; whether it was closed."""
    locked = lock_return(None, return_id)
    if locked.state != "refunded":
        return False
    promised = fetch_one(
        "SELECT (SELECT coalesce(sum(r.refund_cash_minor), 0) FROM rma r WHERE r.order_id = :id)"
        " + (SELECT coalesce(sum(c.cash_refunded), 0) FROM consignment c WHERE c.order_id = :id) AS minor",
        {"id": locked.order_id},
    )
    assert promised is not None
    if payments.find(ids.public("ord", locked.order_id)).refunded_minor < promised.minor:
        return False
    go(locked, "closed")
    return True


def _lose(locked: LockedReturn, note: str) -> None:
    if locked.state not in ("authorized", "in_transit"):
        raise Conflict("return_state", "It is not on its way.", state=locked.state)
    steps = ["in_transit", "lost_in_transit"]
    move(locked, steps if locked.state == "authorized" else steps[1:], note)
    execute("UPDATE rma_item SET reception = 'lost' WHERE rma_id = :id", {"id": locked.id})


def _receive(return_id: int, pieces: Mapping[int, int]) -> None:
    for line_no, qty in pieces.items():
        execute(
            "UPDATE rma_item SET received_qty = :qty, reception = CASE WHEN :qty > 0 THEN 'received' ELSE 'missing' END"
            " WHERE rma_id = :id AND line_no = :line_no",
            {"id": return_id, "line_no": line_no, "qty": qty},
        )
    execute(
        "UPDATE rma_item SET reception = 'missing' WHERE rma_id = :id AND reception IN ('awaiting', 'in_transit')",
        {"id": return_id},
    )


def _accept(return_id: int, accepted: Mapping[int, int]) -> None:
    execute("UPDATE rma_item SET acceptance = 'rejected' WHERE rma_id = :id", {"id": return_id})
    for line_no, qty in accepted.items():
        execute(
            "UPDATE rma_item SET accepted_qty = :qty, acceptance = CASE WHEN :qty = qty THEN 'accepted'"
            " WHEN :qty > 0 THEN 'partly' ELSE 'rejected' END WHERE rma_id = :id AND line_no = :line_no",
            {"id": return_id, "line_no": line_no, "qty": qty},
        )


def _check(return_id: int, pieces: Mapping[int, int], most: str) -> None:
    rows = fetch_all(f"SELECT line_no, {most} AS most FROM rma_item WHERE rma_id = :id LIMIT 500", {"id": return_id})
    limits = {row.line_no: row.most for row in rows}
    for line_no, qty in pieces.items():
        if line_no not in limits:
            raise _wrong("unknown_line", f"The return has no line {line_no}.")
        if not 0 <= qty <= limits[line_no]:
            raise _wrong("too_many_pieces", f"Of line {line_no} there are {limits[line_no]} pieces.")


def _done(
    what: str, program_id: int, return_id: int, note: str | None, pieces: Mapping[int, int] | None = None
) -> Return:
    audit.record(f"return.{what}", f"return:{return_id}", note=note, pieces=dict(pieces or {}))
    return find_return(program_id, return_id)


def _wrong(code: str, detail: str) -> Invalid:
    return Invalid("invalid", detail, [FieldError("/lines", code, detail)])
