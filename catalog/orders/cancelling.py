"""Cancelling by the member or the partner, as long as no supplier has been asked."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from catalog.orders.answering import refuse
from catalog.orders.moving import lock
from catalog.orders.reading import find
from catalog.orders.types import Order
from coalition.kernel import audit
from coalition.kernel.db import RacingKey, execute, fetch_one
from coalition.kernel.errors import Conflict, NotFound


def cancel(program_id: int, order_id: int, *, external_id: str, reason: str | None = None) -> tuple[Order, bool]:
    """Cancel an order; all its points and stock go back. The order, and whether this had been done before.

    Idempotent by (the order's partner, external id). Raises NotFound, Conflict `not_cancellable` once a supplier has
    been asked, Conflict `external_id_conflict`. Raises RacingKey when another order is cancelled under the same
    external id at the same moment: `transact` tries again.
    """
    order = fetch_one(
        "SELECT partner_id, cancel_external_id FROM customer_order WHERE id = :id AND program_id = :program_id"
        " FOR NO KEY UPDATE",
        {"id": order_id, "program_id": program_id},
    )
    if order is None:
        raise NotFound()
    if order.cancel_external_id == external_id:
        return find(program_id, order_id), True
    used = fetch_one(
        "SELECT id FROM customer_order WHERE partner_id = :partner_id AND cancel_external_id = :external_id",
        {"partner_id": order.partner_id, "external_id": external_id},
    )
    if used is not None:
        raise Conflict("external_id_conflict", "This external id was used before with another order.")
    found = find(program_id, order_id)
    if not found.cancellable:
        raise Conflict("not_cancellable", "A supplier has this order already.", state=found.state)
    try:
        execute(
            "UPDATE customer_order SET cancel_external_id = :external_id WHERE id = :id",
            {"id": order_id, "external_id": external_id},
        )
    except IntegrityError as error:
        raise RacingKey from error
    for parcel in found.consignments:
        refuse(lock(parcel.id), "cancelled", reason)
    audit.record("order.cancel", f"order:{order_id}", reason=reason)
    return find(program_id, order_id), False
