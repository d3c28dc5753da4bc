"""What the news of an order's payment does to it: its suppliers may be asked, or it ends before they were."""

from __future__ import annotations

from catalog import payments
from catalog.orders.moving import lock, wake
from catalog.orders.states import BEFORE_PIVOT
from catalog.orders.supplying.releasing import refuse
from coalition.kernel import audit, ids
from coalition.kernel.db import execute, fetch_all, fetch_one


def payment_authorized(order_id: int) -> bool:
    """The cash is reserved: the suppliers may be asked. Again, or too late, it changes nothing; whether it did."""
    consignments = _locked(order_id)
    payment = payments.find(ids.public("ord", order_id))
    authorized = execute(
        "UPDATE customer_order SET payment = 'authorized', payment_valid_until = :until"
        " WHERE id = :id AND payment = 'wanted'",
        {"id": order_id, "until": payment.capture_before},
    )
    if authorized:
        for consignment_id in consignments:
            wake(lock(consignment_id))
        audit.record("order.paid", f"order:{order_id}", cash_minor=payment.authorized_minor)
    return bool(authorized)


def payment_failed(order_id: int, code: str | None) -> bool:
    """The cash will not come: whatever no supplier was asked to confirm ends here; whether anything did.

    What was reserved and is not any more stops no supplier that was asked: only its answer can end that.
    """
    consignments = _locked(order_id)
    execute(
        "UPDATE customer_order SET payment = CASE payment WHEN 'wanted' THEN 'failed' ELSE payment END,"
        " payment_valid_until = CASE payment WHEN 'authorized' THEN now() END WHERE id = :id AND payment <> 'none'",
        {"id": order_id},
    )
    ended = 0
    for consignment_id in consignments:
        consignment = lock(consignment_id)
        if consignment.state in BEFORE_PIVOT:
            state = "released" if consignment.state == "reserved" else "rejected"
            refuse(consignment, state, f"payment_{code}" if code else "payment_failed")
            ended += 1
    return ended > 0


def _locked(order_id: int) -> list[int]:
    """Lock the order; the ids of its consignments."""
    fetch_one("SELECT id FROM customer_order WHERE id = :id FOR NO KEY UPDATE", {"id": order_id})
    rows = fetch_all("SELECT id FROM consignment WHERE order_id = :id ORDER BY no LIMIT 100", {"id": order_id})
    return [row.id for row in rows]
