"""The first step of an order: who receives it and where, and how each supplier's share is sent there.

What it costs is held from here on for thirty minutes; where it goes to may make delivery cheaper, never dearer.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from babel import Locale
from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog import pricing, suppliers
from catalog.pricing import DeliveryOption, PickupPoint, Place, Quote
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import COUNTRIES, Form, FormError, address, filled, needed, problems, read
from coalition import members, partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound, Refusal
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, require_member

LIVE = ("active", "expired")  # an expired quote is priced anew when it is ordered
_FIELDS = {"undeliverable": "delivery", "unknown_pickup_point": "point"}
_POINTS = 50


@blueprint.get("/checkout")
def checkout() -> BaseResponse:
    """The form for what was quoted of the cart; for one reward alone, a quote is made first. Else back to the cart."""
    member, held = require_member(), request.args.get("quote")
    if held is None and "reward" not in request.args:
        return redirect(url_for("catalog.cart"), code=303)
    if held is None:
        quoted = transact(lambda: _quote(member, request.args))
        return redirect(url_for("catalog.checkout", quote=ids.public("quo", quoted.id)), code=303)
    quoted = transact(lambda: find(member, held))
    if quoted.state not in LIVE:
        return lapsed()
    profile = transact(lambda: members.profile(member.member_id))
    return _page(member, quoted, filled(quoted, profile.name, profile.email, profile.phone), [])


@blueprint.post("/checkout")
def deliver() -> BaseResponse:
    """Give the quote its address and its way of delivery, and go on to the payment."""
    member, form = require_member(), read(request.form)
    quoted = transact(lambda: find(member, request.form.get("quote", "")))
    if quoted.state not in LIVE:
        return lapsed()
    if request.form.get("find"):
        return _page(member, quoted, form, [])
    point = transact(lambda: _point(member, form))
    errors = problems(form, transact(lambda: _needed(quoted, form)), point, needs_account=quoted.needs_account)
    if errors:
        return _page(member, quoted, form, errors, 422)
    where, method = address(form, quoted.needs_address, point), str(form["delivery"]) or None
    try:
        transact(lambda: pricing.deliver_to(quoted, method, where, str(form["point"]) or None))
    except Refusal as refusal:
        return _page(member, quoted, form, [FormError(_FIELDS.get(refusal.code, ""), refusal.code)], 422)
    return redirect(url_for("catalog.payment", quote=ids.public("quo", quoted.id)), code=303)


def lapsed() -> BaseResponse:
    """A quote that was used, or let go by a change of the cart: back to the cart."""
    return redirect(url_for("catalog.cart", notice="price_lapsed"), code=303)


def find(member: Viewer, quote: str) -> Quote:
    """The member's own quote. Raises NotFound."""
    quoted = pricing.find(member.program_id, ids.parse("quo", quote))
    if quoted.member_id != member.member_id:
        raise NotFound()
    return quoted


def told(quoted: Quote) -> dict[str, Any]:
    """The quote as both steps show it: each supplier's share with its lines and its delivery."""
    return {
        "id": ids.public("quo", quoted.id),
        "expires_at": quoted.expires_at if quoted.state == "active" else None,
        "parcels": [_parcel(quoted, option) for option in quoted.deliveries],
        "goods_points": quoted.goods_points,
        "delivery_points": quoted.delivery_points,
        "total_points": quoted.points,
    }


def days(option: DeliveryOption, zone: str) -> dict[str, dt.date]:
    """The first and the last day on which it may arrive if it is ordered today."""
    today = clock.local_date(clock.now(), zone)
    return {"first": today + dt.timedelta(days=option.days_min), "last": today + dt.timedelta(days=option.days_max)}


def _quote(member: Viewer, wanted: Mapping[str, str]) -> Quote:
    """A quote for the wanted `reward`, `qty` and, where the supplier has it, `delivery`."""
    qty = wanted.get("qty", "1")
    if not re.fullmatch("[1-9][0-9]{0,2}", qty):
        raise NotFound()
    lines = [(ids.parse("rew", wanted.get("reward", "")), int(qty))]
    operator = partners.operator(member.program_id)

    def quoted(method: str | None) -> Quote:
        return pricing.quote(member.program_id, member.member_id, lines, method, None, partner_id=operator.id)

    try:
        return quoted(wanted.get("delivery") or None)
    except Invalid:  # nothing was written; another way may do
        return quoted(None)


def _point(member: Viewer, form: Form) -> PickupPoint | None:
    return pricing.pickup_point(member.program_id, str(form["point"])) if form["point"] else None


def _needed(quoted: Quote, form: Form) -> str:
    ways = _ways(quoted, None)
    way = next((one for one in ways if one["code"] == (form["delivery"] or quoted.method)), None)
    return needed(quoted.needs_address, bool(way and way["carriers"]))


def _page(member: Viewer, quoted: Quote, form: Form, errors: Sequence[FormError], status: int = 200) -> Response:
    context = transact(lambda: _context(member, quoted, form))
    return make_response(render_template("catalog/checkout.html", nav="cart", errors=errors, **context), status)


def _context(member: Viewer, quoted: Quote, form: Form) -> dict[str, Any]:
    ways = _ways(quoted, Place(address(form, True, None)) if form["city"] and form["postcode"] else None)
    chosen = str(form["delivery"]) or quoted.method
    chosen = chosen if any(way["code"] == chosen for way in ways) else ways[0]["code"] if ways else ""
    carriers: list[str] = next((way["carriers"] for way in ways if way["code"] == chosen), [])
    territories = Locale.parse(language()).territories
    return {
        "quote": told(quoted),
        "ways": ways,
        "points": _points(member.program_id, carriers, form),
        "needs_address": quoted.needs_address,
        "needs_account": quoted.needs_account,
        "countries": [{"code": code, "name": territories[code]} for code in COUNTRIES],
        "form": {**form, "delivery": chosen},
        "needed": needed(quoted.needs_address, bool(carriers)),
    }


def _points(program_id: int, carriers: Sequence[str], form: Form) -> list[PickupPoint]:
    country, city = str(form["country"]), str(form["city"])
    found = [
        point
        for carrier in carriers
        for point in pricing.pickup_points(program_id, carrier=carrier, country=country, city=city, limit=_POINTS)
    ]
    return found[:_POINTS]


def _ways(quoted: Quote, place: Place | None) -> list[dict[str, Any]]:
    """The ways in which everybody who carries something of this can carry it, each with every share's price."""
    offered = pricing.ways(quoted.program_id, quoted.lines, place or Place())
    shares = [{one.code: one for one in options} for (_, electronic), options in offered.items() if not electronic]
    if not shares:
        return []
    common = [code for code in shares[0] if all(code in share for share in shares)]
    return [_way(quoted.program_id, [share[code] for share in shares]) for code in common]


def _way(program_id: int, options: Sequence[DeliveryOption]) -> dict[str, Any]:
    zone = programs.get(program_id).zone
    spans = [days(option, zone) for option in options]
    carriers = {option.carrier for option in options if option.kind == "pickup" and option.carrier}
    return {
        "code": options[0].code,
        "kind": options[0].kind,
        "points": sum(option.points for option in options),
        "first": min(span["first"] for span in spans),
        "last": max(span["last"] for span in spans),
        "carriers": sorted(one for one in carriers if pricing.pickup_points(program_id, carrier=one, limit=1)),
    }


def _parcel(quoted: Quote, option: DeliveryOption) -> dict[str, Any]:
    return {
        "supplier": suppliers.get(option.supplier_id).name,
        "kind": option.kind,
        "delivery_points": option.points,
        **days(option, programs.get(quoted.program_id).zone),
        "lines": [
            {
                "reward_id": ids.public("rew", line.reward_id),
                "title": line.title(language()),
                "artwork": line.artwork,
                "qty": line.qty,
                "points": line.points,
            }
            for line in quoted.lines_of(option)
        ],
    }
