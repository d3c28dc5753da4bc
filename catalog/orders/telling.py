"""What is told outside of changes of orders: each recorded change with the order and the consignment it belongs to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from coalition.kernel.db import fetch_all

_ORDER = """
    o.id AS order_id, o.program_id, o.partner_id, o.external_id, o.member_id, o.state AS order_state,
    c.no, c.supplier_id, s.client_ref"""
_CHANGES = f"""
    SELECT e.id, e.to_state, e.reason, e.at, {_ORDER}
      FROM order_event e JOIN customer_order o ON o.id = e.order_id
      LEFT JOIN consignment c ON c.id = e.consignment_id
      LEFT JOIN supplier_order s ON s.consignment_id = c.id
     WHERE e.id = ANY(:ids) LIMIT :most"""
_PARCELS = f"""
    SELECT c.id, c.state AS to_state, NULL AS reason, now() AS at, {_ORDER}
      FROM consignment c JOIN customer_order o ON o.id = c.order_id
      JOIN supplier_order s ON s.consignment_id = c.id
     WHERE c.id = ANY(:ids) LIMIT :most"""
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    """A change of an order, or of one of its consignments (`no` and what follows are None for the order's own).

    `to_state` is what the order or the consignment has become, `order_state` what the order is now. `client_ref` is our
    reference, by which the supplier knows the consignment.
    """

    id: int
    to_state: str
    reason: str | None
    at: dt.datetime
    order_id: int
    program_id: int
    partner_id: int
    external_id: str
    member_id: int
    order_state: str
    no: int | None
    supplier_id: int | None
    client_ref: str | None


def told_changes(event_ids: Collection[int]) -> dict[int, Told]:
    """Recorded changes by their number."""
    return _read(_CHANGES, event_ids)


def told_consignments(consignment_ids: Collection[int]) -> dict[int, Told]:
    """Consignments as they are now, by their number."""
    return _read(_PARCELS, consignment_ids)


def _read(sql: str, numbers: Collection[int]) -> dict[int, Told]:
    rows = fetch_all(sql, {"ids": list(numbers), "most": _MOST}) if numbers else []
    return {row.id: Told(**row._mapping) for row in rows}
