"""What a decision about a consignment does to the cash part of its order.

The shares stand in the consignments; here payments hear of them: what is taken by now, and whether that is all.
"""

from __future__ import annotations

from catalog import payments
from catalog.orders.moving import Locked
from coalition.kernel import ids
from coalition.kernel.db import fetch_one

_TAKEN = """
    SELECT sum(cash_captured)::bigint AS taken, bool_or(cash_captured + cash_released < cash_minor) AS undecided
      FROM consignment WHERE order_id = :id"""


def charge(consignment: Locked) -> None:
    """Take what the order's accepted consignments cost by now; once all are decided, let the rest go."""
    if consignment.payment == "none":
        return
    number = ids.public("ord", consignment.order_id)
    payment, row = payments.find(number), fetch_one(_TAKEN, {"id": consignment.order_id})
    assert row is not None
    if row.taken > payment.wanted_minor:
        payments.capture(number, row.taken - payment.wanted_minor, not row.undecided)
    elif not row.undecided:
        payments.void(number)


def pay_back(consignment: Locked) -> None:
    """Give back what was taken for a consignment that its supplier has taken back."""
    if consignment.cash_captured:
        number = ids.public("ord", consignment.order_id)
        payments.refund(number, consignment.cash_captured, f"{consignment.client_ref}.back")
