"""A member's orders: the list, one order with its parcels, and cancelling while that is possible."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog import orders, pricing, shipments, suppliers
from catalog.orders import FAILED, Order, Shown, Summary
from catalog.site.blueprint import blueprint
from catalog.site.parcels import number, told
from catalog.site.returning import returnable, told_returns
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, require_member

_NOTICES = (
    "order_placed",
    "order_cancelled",
    "cancel_asked",
    "cancel_refused",
    "payment_received",
    "return_asked",
    "return_cancelled",
    "not_returnable",
)
_PER_PAGE = 20
_SHOWS = {
    "open": ("placing", "placed", "in_progress"),
    "done": ("completed",),
    "failed": ("rejected", "cancelled"),
}


@blueprint.get("/orders", endpoint="orders")
def list_orders() -> str:
    """The member's orders, newest first."""
    member, show = require_member(), request.args.get("show", "")
    states = _SHOWS.get(show)
    page = transact(
        lambda: orders.list_for(
            member.program_id,
            member.member_id,
            states=states,
            cursor=request.args.get("cursor"),
            limit=_PER_PAGE,
        )
    )
    return render_template(
        "catalog/orders.html",
        nav="orders",
        orders=[_summary(order) for order in page.items],
        show=show if states else "",
        next_cursor=page.next_cursor,
    )


@blueprint.get("/orders/<order_id>", endpoint="order")
def read(order_id: str) -> str:
    """One order with its parcels and where they are; what was issued is hidden until it is asked for."""
    member = require_member()
    shown = transact(lambda: _told(own(member, order_id)))
    notice = request.args.get("notice")
    notice = notice if notice in _NOTICES else None
    return render_template("catalog/order.html", nav="orders", order=shown, notice=notice, pickups={})


@blueprint.post("/orders/<order_id>/codes")
def show_codes(order_id: str) -> Response:
    """The order with its codes, tickets and pick-up codes in clear; kept by nobody on the way."""
    member = require_member()
    order, pickups = transact(lambda: _opened(own(member, order_id)))
    answer = make_response(render_template("catalog/order.html", nav="orders", order=order, pickups=pickups))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/orders/<order_id>/cancel")
def cancel(order_id: str) -> BaseResponse:
    """Cancel the order: what nobody has asked for yet at once, what a supplier has confirmed by asking it."""
    member = require_member()
    try:
        notice = transact(lambda: _cancel(own(member, order_id), request.form.get("asked", "0")))
    except Conflict:
        notice = "cancel_refused"
    return redirect(url_for("catalog.order", order_id=order_id, notice=notice), code=303)


@blueprint.post("/orders/<order_id>/again")
def again(order_id: str) -> BaseResponse:
    """Put what was ordered into the cart once more, as far as it is still on sale."""
    member = require_member()
    order = transact(lambda: own(member, order_id))
    for line in order.lines:
        with suppress(NotFound, Invalid):
            transact(lambda line=line: pricing.add(member.program_id, member.member_id, [(line.reward_id, line.qty)]))  # type: ignore[misc]
    return redirect(url_for("catalog.cart"), code=303)


def _cancel(order: Order, asked: str) -> str:
    """`asked` is how often that had been asked for when the page was made: a second click is the same request."""
    key = f"web:{ids.public('ord', order.id)}:{asked[:9]}"
    cancelled, _ = orders.cancel(order.program_id, order.id, external_id=key)
    return "order_cancelled" if cancelled.state in FAILED else "cancel_asked"


def _opened(order: Order) -> tuple[dict[str, Any], dict[int, str | None]]:
    audit.record("order.show", f"order:{order.id}", member_id=order.member_id)
    parcels = shipments.of_consignments(share.id for share in order.consignments)
    pickups = {
        one.id: shipments.pickup_code(one.consignment_id, one.id)
        for some in parcels.values()
        for one in some
        if one.status == "available_for_pickup"
    }
    return _told(order, orders.show(order.id)), pickups


def own(member: Viewer, order_id: str) -> Order:
    """The member's own order by its public id. Raises NotFound."""
    return orders.find_own(member.program_id, member.member_id, ids.parse("ord", order_id))


def _told(order: Order, shown: list[Shown] | None = None) -> dict[str, Any]:
    names = {share.supplier_id: suppliers.get(share.supplier_id).name for share in order.consignments}
    parcels = shipments.of_consignments(share.id for share in order.consignments)
    facts = told(order, language(), names, parcels, shown)
    more = {"returnable": returnable(order), "returns": told_returns(order), "asked": orders.times_asked(order.id)}
    return {**facts, **more}


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
