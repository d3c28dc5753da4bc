"""Rewards that are a text: issued with the acceptance or later, closed when they can no longer be taken back.

Issuing stores the artefacts; closing is when the supplier is owed. Goods close some time after they were delivered.
"""

from __future__ import annotations

import datetime as dt

from catalog import suppliers
from catalog.orders.moving import Locked, go, lock
from catalog.orders.supplying import artefacts
from catalog.ports import Accepted
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all

CLOSE_AFTER_DAYS = 30
_DELIVERED = """
    INSERT INTO consignment_delivery (consignment_id, program_id, supplier_id, legal_entity_id, delivered_at,
                                      cost_minor, delivery_minor, currency)
    SELECT id, :program_id, supplier_id, :legal_entity_id, :delivered_at, cost_minor, delivery_minor, cost_currency
      FROM consignment WHERE id = :id"""
_RIPE = """
    SELECT id FROM consignment
     WHERE state = 'issued' AND void_until <= now()
        OR state = 'delivered' AND state_at <= now() - make_interval(days => :days)
     ORDER BY id LIMIT :limit"""


def issue(consignment: Locked, accepted: Accepted) -> None:
    """Keep the artefacts of a confirmed consignment; once they are complete it is issued."""
    artefacts.keep(consignment, accepted.artefacts)
    if not accepted.issued:
        return
    window_s = consignment.caps.void_window_s if consignment.caps.cancel else None
    execute(
        "UPDATE consignment SET void_until = now() + make_interval(secs => :window) WHERE id = :id",
        {"id": consignment.id, "window": window_s},
    )
    issued = go(consignment, "issued")
    if not window_s:
        close(issued)


def close(consignment: Locked) -> None:
    """Nothing will change any more. What was issued is owed for from now on, what was delivered is already."""
    if consignment.state == "issued":
        owe(consignment, clock.now())
    go(consignment, "closed")


def owe(consignment: Locked, delivered_at: dt.datetime) -> None:
    """The supplier is owed for a consignment, once."""
    execute(
        _DELIVERED,
        {
            "id": consignment.id,
            "program_id": consignment.program_id,
            "legal_entity_id": suppliers.get(consignment.supplier_id).legal_entity_id,
            "delivered_at": delivered_at,
        },
    )


def close_ripe(limit: int) -> int:
    """Close what can no longer be taken back: past its void window, or delivered long ago; how many."""
    ripe = fetch_all(_RIPE, {"days": CLOSE_AFTER_DAYS, "limit": limit})
    for row in ripe:
        consignment = lock(row.id)
        if consignment.state in ("issued", "delivered"):
            close(consignment)
    return len(ripe)
