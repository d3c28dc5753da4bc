"""A member's orders: the list, one order with its parcels, and cancelling while that is possible."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import orders, shipments, suppliers
from catalog.orders import Order, Summary
from catalog.site.blueprint import blueprint
from catalog.site.parcels import number, told
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, require_member

_NOTICES = ("order_placed", "order_cancelled", "payment_received")
_PER_PAGE = 20


@blueprint.get("/orders", endpoint="orders")
def list_orders() -> str:
    """The member's orders, newest first."""
    member = require_member()
    page = transact(
        lambda: orders.list_for(member.program_id, member.member_id, cursor=request.args.get("cursor"), limit=_PER_PAGE)
    )
    shown = [_summary(order) for order in page.items]
    return render_template("catalog/orders.html", nav="orders", orders=shown, next_cursor=page.next_cursor)


@blueprint.get("/orders/<order_id>", endpoint="order")
def read(order_id: str) -> str:
    """One order with its parcels and where they are."""
    member = require_member()
    shown = transact(lambda: _told(own(member, order_id)))
    notice = request.args.get("notice")
    notice = notice if notice in _NOTICES else None
    return render_template("catalog/order.html", nav="orders", order=shown, notice=notice)


@blueprint.post("/orders/<order_id>/cancel")
def cancel(order_id: str) -> Response:
    """Cancel the order; if its supplier has it already, the order says so."""
    member = require_member()
    try:
        transact(lambda: _cancel(own(member, order_id)))
    except Conflict:
        return redirect(url_for("catalog.order", order_id=order_id), code=303)
    return redirect(url_for("catalog.order", order_id=order_id, notice="order_cancelled"), code=303)


def _cancel(order: Order) -> None:
    key = f"web:{ids.public('ord', order.id)}"
    orders.cancel(order.program_id, order.id, external_id=key)


def own(member: Viewer, order_id: str) -> Order:
    """The member's own order by its public id. Raises NotFound."""
    order = orders.find(member.program_id, ids.parse("ord", order_id))
    if order.member_id != member.member_id:
        raise NotFound()
    return order


def _told(order: Order) -> dict[str, Any]:
    names = {share.supplier_id: suppliers.get(share.supplier_id).name for share in order.consignments}
    parcels = shipments.of_consignments(share.id for share in order.consignments)
    return told(order, language(), names, parcels)


def _summary(order: Summary) -> dict[str, Any]:
    lines = [{"title": line.title(language()), "artwork": line.artwork, "qty": line.qty} for line in order.lines]
    return {
        "id": ids.public("ord", order.id),
        "number": number(order.id),
        "placed_at": order.placed_at,
        "state": order.state,
        "points_total": order.points,
        "parcels": order.parcels,
        "expected_on": order.expected_on,
        "lines": lines,
    }
