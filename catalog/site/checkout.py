"""The checkout page: a price held for thirty minutes, an address, and one button that cannot order twice."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from babel import Locale
from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog import orders, pricing, suppliers
from catalog.pricing import Quote
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import COUNTRIES, FormError, address, blank, problems, read
from coalition import ledger, members, partners
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound, Refusal
from coalition.kernel.idempotency import request_hash
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, require_member

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
# Codes of a refused order, as the template names them; after these a new price is quoted.
_CODES = {"quote_used": "already_done", "external_id_conflict": "already_done"}
_REQUOTED = frozenset({"quote_expired", "quote_used", "not_found"})


@blueprint.get("/checkout")
def checkout() -> Response:
    """The form for one reward; it holds its price from now on."""
    member = require_member()
    profile = transact(lambda: members.profile(member.member_id))
    quoted = transact(lambda: _quote(member, request.args))
    return _page(member, quoted, blank(profile.name, profile.email, profile.phone), secrets.token_urlsafe(18), [])


@blueprint.post("/checkout")
def place() -> BaseResponse:
    """Place the order; the same form sent again leads to the same order."""
    member, form = require_member(), read(request.form)
    key = request.form.get("key", "")
    key = key if _KEY.fullmatch(key) else secrets.token_urlsafe(18)
    try:
        quoted = transact(lambda: _find(member, request.form.get("quote", "")))
        errors = problems(form, quoted.needs_address)
        if not errors:
            order_id = transact(lambda: _place(member, quoted, form, key))
            to = url_for("catalog.order", order_id=ids.public("ord", order_id), notice="order_placed")
            return redirect(to, code=303)
    except Refusal as refusal:
        code = "quote_expired" if refusal.code == "not_found" else refusal.code
        errors = [FormError("delivery" if code == "undeliverable" else "", _CODES.get(code, code))]
        if refusal.code in _REQUOTED:
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
    quoted = pricing.find(member.program_id, ids.parse("quo", quote))
    if quoted.member_id != member.member_id:
        raise NotFound()
    return quoted


def _place(member: Viewer, quoted: Quote, form: dict[str, str | bool], key: str) -> int:
    order, _ = orders.place(
        member.program_id,
        member.member_id,
        quoted.partner_id,
        external_id=f"web:{member.member_id}:{key}",
        quote_id=quoted.id,
        request_hash=request_hash([quoted.id, form]),
        delivery=(str(form["delivery"]) or None, address(form, quoted.needs_address)),
    )
    return order.id


def _page(
    member: Viewer,
    quoted: Quote,
    form: dict[str, str | bool],
    key: str,
    errors: list[FormError],
    status: int = 200,
) -> Response:
    context = transact(lambda: _context(member, quoted, form))
    return make_response(
        render_template("catalog/checkout.html", nav="rewards", key=key, errors=errors, **context), status
    )


def _context(member: Viewer, quoted: Quote, form: dict[str, str | bool]) -> dict[str, Any]:
    names = {line.supplier_id: suppliers.get(line.supplier_id).name for line in quoted.lines}
    offered = pricing.delivery_options(names)[quoted.lines[0].supplier_id]
    options = [option for option in offered if quoted.needs_address and not option.electronic]
    territories = Locale.parse(language()).territories
    purses = ledger.balances(member.program_id, member.member_id)
    return {
        "quote": _told(quoted, names),
        "delivery_options": options,
        "needs_address": quoted.needs_address,
        "countries": [{"code": code, "name": territories[code]} for code in COUNTRIES],
        "form": {**form, "delivery": form["delivery"] or quoted.method},
        "available": next((purse.available for purse in purses if purse.currency_id == quoted.currency_id), 0),
    }


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
