"""Paying the cash part of an order: to the provider's page and back, waiting without a script, and what came of it.

The way back proves nothing: we look at the provider's, and so does a job when its message comes, whichever is first.
"""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import payments
from catalog.orders import Order
from catalog.payments import Payment
from catalog.ports import PaymentProvider
from catalog.site.blueprint import blueprint
from catalog.site.orders import own
from catalog.site.parcels import number
from catalog.site.tender import cash_taken
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.site.viewer import require_member

_REFRESH_S = 3


def way_to_pay(order: Order) -> str:
    """Where a member goes to pay an order that was just placed: the provider's page, opened now if it answers."""
    number = ids.public("ord", order.id)
    opened = payments.open_now(number, ports.get(PaymentProvider), transact)
    return opened.url or url_for("catalog.pay", order_id=number)


@blueprint.get("/orders/<order_id>/payment", endpoint="pay")
def show(order_id: str) -> Response | str:
    """The state of an order's payment; it asks for itself anew as long as something is on its way."""
    member = require_member()
    order = transact(lambda: own(member, order_id))
    payment = transact(lambda: payments.known(ids.public("ord", order.id)))
    if payment is None:
        raise NotFound()
    back = request.args.get("back")
    if payment.state == "opened" and back and cash_taken():
        payment = _look(payment)
    if payment.held or payment.state == "captured":
        return redirect(url_for("catalog.order", order_id=order_id, notice="payment_received"), code=303)
    if payment.ended:
        return redirect(url_for("catalog.order", order_id=order_id), code=303)
    waits = payment.state == "created" or back == "paid"
    facts = {"id": order_id, "number": number(order.id), "points": order.points_paid, "cancellable": order.cancellable}
    cash = {
        "minor": payment.amount_minor,
        "currency": payment.currency,
        "url": payment.url,
        "until": payment.expires_at,
    }
    return render_template(
        "catalog/paying.html", nav="orders", order=facts, cash=cash, back=back, refresh_s=_REFRESH_S if waits else 0
    )


def _look(payment: Payment) -> Payment:
    """See at the provider's, if nobody has just done so; the payment as it is then."""
    if transact(lambda: payments.may_look(payment.id)):
        payments.look(payment, ports.get(PaymentProvider), transact)
    return transact(lambda: payments.find(payment.ref))
