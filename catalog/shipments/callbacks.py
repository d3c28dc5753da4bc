"""What suppliers and carriers call in: stored first, understood later, each message once.

A message is acknowledged as soon as it is stored. Understanding it may have to wait: a scan can come before the parcel
was announced. What still fits nothing after a week is kept as `unmatched`, for people.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from catalog import orders
from catalog.ports import Accepted, Rejected
from catalog.shipments import formats
from catalog.shipments.carriers import EMAIL, carrier
from catalog.shipments.following import note, register, scan
from catalog.shipments.tracking import Scan
from coalition.kernel import clock, jobs, sealing
from coalition.kernel.db import execute, fetch_all, fetch_one, session
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

SUPPLIER, CARRIER, NEWS = "supplier", "carrier", "news"
_PATIENCE = dt.timedelta(days=7)
_TAKEN = ("order.accepted", "parcel.shipped", "parcel.delivered")
_STORE = """
    INSERT INTO inbound_callback (source, webhook_id, body) VALUES (:source, :webhook_id, CAST(:body AS jsonb))
    ON CONFLICT (source, webhook_id) DO NOTHING RETURNING id"""


class NotUnderstood(Exception):
    """The message says something that we cannot use; the reason is its text."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The message cannot be used yet; look again after so many seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that came to nothing: `unmatched` or `refused`, and why. `source` is its role and sender."""

    id: int
    source: str
    state: str
    reason: str | None
    body: dict[str, Any]
    received_at: dt.datetime


def receive(source: str, sender: str, webhook_id: str, body: dict[str, Any]) -> bool:
    """Store a verified message and ask for it to be understood; False if we have it already.

    `source` is `supplier` with the supplier's id as `sender`, or `carrier` with the carrier's code. Codes that open
    lockers are sealed before they are stored.
    """
    body = formats.with_secrets(body, lambda code: sealing.seal(code).decode())
    row = fetch_one(
        _STORE, {"source": f"{source}:{sender}", "webhook_id": webhook_id, "body": json.dumps(body, default=str)}
    )
    if row is None:
        return False
    jobs.enqueue("callbacks.understand", {"callback_id": row.id}, key=str(row.id))
    return True


def understand(callback_id: int) -> Wait | None:
    """Let a stored message take effect, once. Wait: something that it speaks of is not here yet."""
    row = fetch_one(
        "SELECT source, body, received_at FROM inbound_callback WHERE id = :id AND state = 'received'"
        " FOR NO KEY UPDATE",
        {"id": callback_id},
    )
    if row is None:
        return None
    source, _, sender = row.source.partition(":")
    try:
        known = _supplier_says(int(sender), row.body) if source == SUPPLIER else _carrier_says(sender, row.body)
    except NotFound:
        known = False
    except (NotUnderstood, Refusal) as problem:
        _close(callback_id, "refused", str(problem))
        return None
    age = clock.now() - row.received_at
    if not known and age < _PATIENCE:
        return Wait(max(1.0, min(600.0, age.total_seconds() / 4)))
    _close(callback_id, "processed" if known else "unmatched", None)
    return None


def set_aside(*, cursor: str | None = None, limit: int = 50) -> Page[SetAside]:
    """Messages that came to nothing, newest first: of nothing that we know, or refused.

    They are of all programs: a carrier has none. Raises Invalid for a foreign cursor.
    """
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        "SELECT id, source, state, reason, body, received_at FROM inbound_callback"
        " WHERE state IN ('unmatched', 'refused') AND id < :before ORDER BY id DESC LIMIT :limit",
        {"before": position[0] if position else 2**62, "limit": limit + 1},
    )
    found = [SetAside(**row._mapping) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def _supplier_says(supplier_id: int, body: dict[str, Any]) -> bool:
    if body["type"] == NEWS:
        return _look_again(supplier_id, body["client_ref"])
    consignment_id = orders.consignment_by_ref(supplier_id, body["client_ref"])
    if consignment_id is None:
        raise NotUnderstood(f"the supplier has no order {body['client_ref']}")
    kind = body["type"]
    if kind in _TAKEN and orders.answers_by_line(consignment_id):
        orders.look_again(consignment_id)
        return bool(kind == "order.accepted")  # a parcel waits until we know what was taken
    with session().begin_nested():  # an answer that is refused leaves nothing behind
        if kind == "order.rejected":
            orders.answered(consignment_id, Rejected(body.get("code") or "supplier_refused"))
        elif body.get("external_id"):
            orders.answered(consignment_id, Accepted(body["external_id"]))
    if kind in ("parcel.shipped", "parcel.delivered"):
        _parcel(consignment_id, body)
    elif kind not in ("order.accepted", "order.rejected"):
        raise NotUnderstood(f"unknown type {kind}")
    return True


def _look_again(supplier_id: int, client_ref: str | None) -> bool:
    """News in a vendor's own words is a reason to ask the vendor, and nothing else."""
    consignment_id = orders.consignment_by_ref(supplier_id, client_ref) if client_ref else None
    if consignment_id is None:
        raise NotUnderstood(f"the supplier has no order {client_ref}")
    orders.look_again(consignment_id)
    return True


def _parcel(consignment_id: int, body: dict[str, Any]) -> None:
    """A parcel exists. A supplier is believed that it has left; that it arrived, only where no carrier could tell."""
    parcel = body.get("parcel")
    if not parcel:
        raise NotUnderstood("a parcel's message without a parcel")
    pieces: dict[str, int] = {}
    for line in parcel["lines"]:
        pieces[line["sku"]] = pieces.get(line["sku"], 0) + line["qty"]
    shipment_id = register(consignment_id, parcel["carrier"], parcel["tracking_no"], pieces)
    if body["type"] == "parcel.delivered" and parcel["carrier"] == EMAIL:
        note(shipment_id, consignment_id, [Scan("delivered", dt.datetime.fromisoformat(body["occurred_at"]))])


def _carrier_says(carrier_code: str, body: dict[str, Any]) -> bool:
    return not scan(carrier_code, formats.told(carrier(carrier_code).vocabulary, body))


def _close(callback_id: int, state: str, reason: str | None) -> None:
    execute(
        "UPDATE inbound_callback SET state = :state, reason = left(:reason, 500), processed_at = now() WHERE id = :id",
        {"id": callback_id, "state": state, "reason": reason},
    )
