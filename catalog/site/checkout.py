"""The checkout page: a price held for thirty minutes, an address, and one button that cannot order twice."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from babel import Locale
from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from catalog import orders, pricing, suppliers
from catalog.orders import Order
from catalog.ports import PaymentProvider
from catalog.pricing import Quote
from catalog.site import tender
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import COUNTRIES, FormError, address, blank, problems, read
from catalog.site.payment import pay_page, way_to_pay
from coalition import ledger, members, partners
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound, Refusal
from coalition.kernel.idempotency import request_hash
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, require_member

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
# Codes of a refused order, as the template names them; after these a new price is quoted.
_CODES = {"quote_used": "already_done", "external_id_conflict": "already_done", "price_changed": "quote_expired"}
_FIELDS = {"undeliverable": "delivery", "points_out_of_limits": "pay"}
_REQUOTED = frozenset({"quote_expired", "quote_used", "price_changed", "not_found"})


@blueprint.get("/checkout")
def checkout() -> BaseResponse:
    """The form for what was quoted of the cart, or for one reward, which holds its price from now on."""
    member, held = require_member(), request.args.get("quote")
    profile = transact(lambda: members.profile(member.member_id))
    quoted = transact(lambda: _find(member, held) if held else _quote(member, request.args))
    if quoted.state != "active":
        return redirect(url_for("catalog.cart", notice="price_lapsed"), code=303)
    return _page(member, quoted, blank(profile.name, profile.email, profile.phone), secrets.token_urlsafe(18), [])


@blueprint.post("/checkout")
def place() -> BaseResponse:
    """Place the order; the same form sent again leads to the same order."""
    member, form = require_member(), read(request.form)
    key = request.form.get("key", "")
    key = key if _KEY.fullmatch(key) else secrets.token_urlsafe(18)
    try:
        quoted = transact(lambda: _find(member, request.form.get("quote", "")))
        errors = problems(form, quoted.needs_address) + tender.problem(quoted, form)
        if not errors:
            order = transact(lambda: _place(member, quoted, form, key))
            to = url_for("catalog.order", order_id=ids.public("ord", order.id), notice="order_placed")
            return redirect(way_to_pay(order) if order.payment == "wanted" else to, code=303)
    except Refusal as refusal:
        code = "quote_expired" if refusal.code == "not_found" else refusal.code
        errors = [FormError(_FIELDS.get(code, ""), _CODES.get(code, code))]
        if refusal.code in _REQUOTED:
            if request.form.get("cart"):
                return redirect(url_for("catalog.cart", notice="price_lapsed"), code=303)
            quoted = transact(lambda: _quote(member, request.form))
            key = secrets.token_urlsafe(18)
    return _page(member, quoted, form, key, errors, 422)


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


def _find(member: Viewer, quote: str) -> Quote:
    """The member's own quote. Raises NotFound."""
    quoted = pricing.find(member.program_id, ids.parse("quo", quote))
    if quoted.member_id != member.member_id:
        raise NotFound()
    return quoted


def _place(member: Viewer, quoted: Quote, form: dict[str, str | bool], key: str) -> Order:
    order, _again = orders.place(
        member.program_id,
        member.member_id,
        quoted.partner_id,
        external_id=f"web:{member.member_id}:{key}",
        quote_id=quoted.id,
        request_hash=request_hash([quoted.id, form]),
        delivery=(str(form["delivery"]) or None, address(form, quoted.needs_address)),
        pay_points=tender.chosen(form),
        page=pay_page(_("Rewards: the part paid by card")),
    )
    return order


def _page(
    member: Viewer,
    quoted: Quote,
    form: dict[str, str | bool],
    key: str,
    errors: list[FormError],
    status: int = 200,
) -> Response:
    context = transact(lambda: _context(member, quoted, form))
    if context["cash"]:  # the only page whose form leads to somebody else's
        g.policy = {"form-action": f"'self' {ports.get(PaymentProvider).page_origin}"}
    return make_response(
        render_template("catalog/checkout.html", nav="rewards", key=key, errors=errors, **context), status
    )


def _context(member: Viewer, quoted: Quote, form: dict[str, str | bool]) -> dict[str, Any]:
    names = {line.supplier_id: suppliers.get(line.supplier_id).name for line in quoted.lines}
    options = _common_ways(quoted)
    territories = Locale.parse(language()).territories
    purses = ledger.balances(member.program_id, member.member_id)
    available = next((purse.available for purse in purses if purse.currency_id == quoted.currency_id), 0)
    return {
        "quote": _told(quoted, names),
        "delivery_options": options,
        "from_cart": len(quoted.lines) > 1 or pricing.cart(member.program_id, member.member_id).quote_id == quoted.id,
        "needs_address": quoted.needs_address,
        "countries": [{"code": code, "name": territories[code]} for code in COUNTRIES],
        "form": {**form, "delivery": form["delivery"] or quoted.method},
        "available": available,
        "cash": tender.offer(quoted, available),
    }


def _common_ways(quoted: Quote) -> list[pricing.DeliveryOption]:
    """The ways in which everybody who carries something of this can carry it."""
    carriers = {option.supplier_id for option in quoted.deliveries if not option.electronic}
    offered = list(pricing.delivery_options(carriers).values())
    if not offered:
        return []
    codes = set.intersection(*({one.code for one in options if not one.electronic} for options in offered))
    return [one for one in offered[0] if one.code in codes]


def _told(quoted: Quote, suppliers_by_id: dict[int, str]) -> dict[str, Any]:
    lines = [
        {
            "reward_id": ids.public("rew", line.reward_id),
            "title": line.title(language()),
            "supplier": suppliers_by_id[line.supplier_id],
            "artwork": line.artwork,
            "qty": line.qty,
            "points": line.points,
        }
        for line in quoted.lines
    ]
    return {
        "id": ids.public("quo", quoted.id),
        "expires_at": quoted.expires_at,
        "lines": lines,
        "goods_points": quoted.goods_points,
        "delivery_points": quoted.delivery_points,
        "total_points": quoted.points,
    }
