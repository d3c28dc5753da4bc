"""After the pivot: only forward, from what suppliers and carriers report, until it is delivered."""

from __future__ import annotations

import datetime as dt

from catalog import suppliers
from catalog.orders.moving import Locked, lock, move
from catalog.orders.states import path
from coalition.kernel.db import execute

_DELIVERED = """
    INSERT INTO consignment_delivery (consignment_id, program_id, supplier_id, legal_entity_id, delivered_at,
                                      cost_minor, delivery_minor, currency)
    SELECT id, :program_id, supplier_id, :legal_entity_id, :delivered_at, cost_minor, delivery_minor, cost_currency
      FROM consignment WHERE id = :id"""


def progress(consignment_id: int, goal: str) -> bool:
    """Bring a consignment to `goal` (`preparing`, `partially_shipped`, `shipped`); whether anything changed.

    Stages that nobody reported are passed on the way. News that is late, repeated or impossible changes nothing.
    """
    return _go(lock(consignment_id), goal)


def deliver(consignment_id: int, delivered_at: dt.datetime) -> bool:
    """Everything has arrived: the consignment is delivered and its supplier is owed for it; whether this was news."""
    consignment = lock(consignment_id)
    if not _go(consignment, "delivered"):
        return False
    execute(
        _DELIVERED,
        {
            "id": consignment.id,
            "program_id": consignment.program_id,
            "legal_entity_id": suppliers.get(consignment.supplier_id).legal_entity_id,
            "delivered_at": delivered_at,
        },
    )
    return True


def _go(consignment: Locked, goal: str) -> bool:
    way = path("consignment", consignment.state, goal)
    if not way:
        return False
    move(consignment, way)
    return True
