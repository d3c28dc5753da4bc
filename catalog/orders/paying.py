"""The cash part of an order: wanted when it is placed, and what becomes of the order when it is reserved, or is not.

Nothing is asked of a supplier before the cash is reserved. After the pivot it is taken whatever happens (`charging`);
what a bank refuses then is a case for people (`payments.cases`), never a reason to go back.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from catalog import payments
from catalog.orders.moving import lock, wake
from catalog.orders.releasing import back_out
from catalog.orders.states import BEFORE_PIVOT, UNDECIDED
from catalog.orders.types import PayPage
from catalog.pricing import Quote
from coalition.kernel import ids
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

_OPEN = "SELECT id, state FROM consignment WHERE order_id = :id ORDER BY no LIMIT 100"


def ref(order_id: int) -> str:
    """Under which reference an order's cash part is known to payments."""
    return ids.public("ord", order_id)


def ask_for_cash(order_id: int, quoted: Quote, page: PayPage) -> None:
    """Want the cash part of a new order to be paid on the provider's page; its suppliers are asked when it is."""
    number = ref(order_id)
    payments.request(
        number,
        quoted.program_id,
        quoted.cash_minor,
        str(quoted.cash_currency),
        description=page.description,
        locale=page.locale,
        success_url=page.success_url.replace("{order}", number),
        cancel_url=page.cancel_url.replace("{order}", number),
    )
    execute("INSERT INTO order_payment (order_id, payment_ref) VALUES (:id, :ref)", {"id": order_id, "ref": number})


def payment_authorized(order_ref: str, valid_until: dt.datetime | None) -> bool:
    """The cash is reserved: ask the suppliers now. False if this is no order of ours, or not news."""
    order = _locked(order_ref)
    if order is None or order.payment != "wanted":
        return False
    execute(
        "UPDATE customer_order SET payment = 'authorized', payment_valid_until = :until WHERE id = :id",
        {"id": order.id, "until": valid_until},
    )
    for row in fetch_all(_OPEN, {"id": order.id}):
        if row.state in UNDECIDED:
            wake(lock(row.id))
    return True


def payment_failed(order_ref: str, code: str) -> bool:
    """The cash is not coming, or not any more: whatever no supplier was asked to confirm is called off.

    A reservation that lapsed after the pivot changes nothing for the suppliers. False if not news.
    """
    order = _locked(order_ref)
    if order is None or order.payment not in ("wanted", "authorized"):
        return False
    execute(
        "UPDATE customer_order SET payment = CASE payment WHEN 'wanted' THEN 'failed' ELSE payment END,"
        " payment_valid_until = CASE payment WHEN 'authorized' THEN now() END WHERE id = :id",
        {"id": order.id},
    )
    for row in fetch_all(_OPEN, {"id": order.id}):
        if row.state in BEFORE_PIVOT:
            back_out(lock(row.id), code)
    return True


def _locked(order_ref: str) -> Any:
    try:
        order_id = ids.parse("ord", order_ref)
    except NotFound:
        return None
    return fetch_one("SELECT id, payment FROM customer_order WHERE id = :id FOR NO KEY UPDATE", {"id": order_id})
