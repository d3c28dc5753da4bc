"""The cash part of an order: wanted when it is placed, reserved on a card before any supplier is asked, then taken.

Every consignment takes its own share once its supplier has accepted; what comes to nothing goes back to the payer. The
reference of the payment is the order's public id.
"""

from __future__ import annotations

from catalog import payments
from catalog.orders import consulting
from catalog.orders.moving import Locked
from catalog.orders.states import UNDECIDED
from coalition.kernel import config, ids
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict


def want(order_id: int, program_id: int, amount_minor: int, currency: str, locale: str) -> None:
    """Ask for the cash part of a new order; its page leads back to where the member sees what became of it."""
    ref = ids.public("ord", order_id)
    page = f"{config.current().base_url}/orders/{ref}/payment"
    payments.request(
        ref,
        program_id,
        amount_minor,
        currency,
        description=f"R-{order_id}",
        locale=locale,
        success_url=f"{page}?back=paid",
        cancel_url=f"{page}?back=left",
    )
    execute("INSERT INTO order_payment (order_id, payment_ref) VALUES (:id, :ref)", {"id": order_id, "ref": ref})


def decided(consignment: Locked, taken_minor: int = 0) -> None:
    """Take a consignment's share of the cash, nothing if it came to nothing; with the last one the rest goes back.

    To be called once for each consignment, when its state is decided. A reservation that lapsed is for people: the
    supplier has accepted, and that stands.
    """
    order = fetch_one(
        "SELECT payment, (SELECT count(*) FROM consignment c WHERE c.order_id = o.id"
        " AND c.state = ANY(:undecided)) AS open FROM customer_order o WHERE id = :id",
        {"id": consignment.order_id, "undecided": list(UNDECIDED)},
    )
    assert order is not None
    ref, last = ids.public("ord", consignment.order_id), order.open == 0
    if order.payment == "authorized" and (taken_minor or last):
        try:
            payments.capture(ref, taken_minor, last)
        except Conflict as refusal:
            consulting.open_one(consignment, "cash_not_captured", amount_minor=taken_minor, code=refusal.code, ref=ref)
    elif order.payment == "failed" and taken_minor:
        consulting.open_one(consignment, "cash_not_captured", amount_minor=taken_minor, code="failed", ref=ref)
    elif order.payment == "wanted" and last:
        execute("UPDATE customer_order SET payment = 'failed' WHERE id = :id", {"id": consignment.order_id})
        payments.void(ref)


def refund(consignment: Locked) -> None:
    """Give back what was taken for a consignment that its supplier has taken back."""
    if consignment.cash_captured and was_taken(consignment.id):
        ref = ids.public("ord", consignment.order_id)
        payments.refund(ref, consignment.cash_captured, key=f"{consignment.client_ref}.back")


def was_taken(consignment_id: int) -> bool:
    """Whether a consignment's share of the cash came in; what could not be taken (people know) is not given back."""
    return not consulting.was_put(consignment_id, "cash_not_captured")
