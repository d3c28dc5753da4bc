"""The second step of an order: how it is paid, and one button that cannot order twice.

Points alone, or points and a card within the program's limits. A price that has risen needs the member's consent.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog import orders, pricing
from catalog.orders import Order
from catalog.ports import PaymentProvider
from catalog.pricing import Quote
from catalog.site import cards, confirming, tender
from catalog.site.blueprint import blueprint
from catalog.site.checkout import LIVE, find, lapsed, told
from catalog.site.checkout_form import FormError
from catalog.site.paying import way_to_pay
from coalition import members, programs
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Forbidden, Invalid, Refusal
from coalition.kernel.idempotency import request_hash
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, require_member

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PASSWORD_MAX = 200
_NUMBER = re.compile("[0-9]{1,15}")
_CODES = {"quote_used": "already_done", "external_id_conflict": "already_done"}
_FIELDS = {
    "points_out_of_limits": "points",
    "proof_required": "proof",
    "unknown_proof": "proof",
    "proof_used": "proof",
    "insufficient_points": "points",
    "password_required": "password",
    "wrong_password": "password",
    "code_required": "password",
    "wrong_code": "password",
}


@blueprint.get("/checkout/payment")
def payment() -> BaseResponse:
    """The ways to pay, compared."""
    member = require_member()
    quoted = transact(lambda: find(member, request.args.get("quote", "")))
    if quoted.state not in LIVE:
        return lapsed()
    if quoted.address is None:
        return redirect(url_for("catalog.checkout", quote=ids.public("quo", quoted.id)), code=303)
    return _page(member, quoted, {"pay": "", "points": ""}, secrets.token_urlsafe(18), [])


@blueprint.post("/checkout/payment")
def place() -> BaseResponse:
    """Place the order; the same form sent again leads to the same order."""
    member = require_member()
    key = request.form.get("key", "")
    key = key if _KEY.fullmatch(key) else secrets.token_urlsafe(18)
    quoted = transact(lambda: find(member, request.form.get("quote", "")))
    form = {name: request.form.get(name, "").strip()[:40] for name in ("pay", "points", "proof", "consent_points")}
    try:
        points = _chosen(quoted, form)
        confirmed = _confirmed(request.form.get("password", "")[:_PASSWORD_MAX])
        order = transact(lambda: _place(member, quoted, points, form, key, confirmed))
    except Refusal as refusal:
        if refusal.code in ("quote_expired", "quote_used") and quoted.state not in LIVE:
            return lapsed()
        if refusal.status == 429:
            raise
        code = _CODES.get(refusal.code, refusal.code)
        errors = [FormError(_FIELDS.get(code, ""), code, confirming.told(refusal))]
        return _page(member, quoted, form, key, errors, 422, refusal.extra)
    return redirect(_after(order), code=303)


def _after(order: Order) -> str:
    """Where a placed order leads: to its card payment, or to its own page."""
    if order.cash_minor and order.payment == "wanted":
        return way_to_pay(order)
    return url_for("catalog.order", order_id=ids.public("ord", order.id), notice="order_placed")


def _chosen(quoted: Quote, form: dict[str, str]) -> int | None:
    """The points that are to pay; None: as many as may. Raises Invalid `points_out_of_limits` for nonsense."""
    typed = form["points"] if form["pay"] == "other" else form["pay"]
    typed = re.sub(r"[\s,.\u00a0\u202f]", "", typed)
    if not typed and form["pay"] != "other":
        return None
    if not _NUMBER.fullmatch(typed):
        raise Invalid("points_out_of_limits", "Choose how to pay.")
    points = int(typed)
    pricing.split(quoted, points)
    return points


def _confirmed(typed: str) -> bool | Forbidden:
    """Whether it is the member, or the refusal of a code: one that has ordered this is good for nothing more."""
    try:
        return confirming.confirm(typed)
    except Forbidden as refusal:
        return refusal


def _place(
    member: Viewer, quoted: Quote, points: int | None, form: dict[str, str], key: str, confirmed: bool | Forbidden
) -> Order:
    agreed = form["consent_points"]
    order, replayed = orders.place(
        member.program_id,
        member.member_id,
        quoted.partner_id,
        external_id=f"{confirming.BY_SITE}{member.member_id}:{key}",
        quote_id=quoted.id,
        request_hash=request_hash([quoted.id, points]),
        consent_points=int(agreed) if _NUMBER.fullmatch(agreed) else None,
        pay_points=points,
        locale=language(),
    )
    if order.payment == "wanted" and not tender.cash_taken():
        raise Invalid("cash_unavailable", "Points alone cannot pay this, and nobody takes cash here.")
    if not replayed:
        if isinstance(confirmed, Forbidden):
            raise confirmed
        confirming.check(member, confirmed=confirmed)
        _prove(member, form["proof"])
    return order


def _prove(member: Viewer, proof: str) -> None:
    """Use up the member's one-time code, which a program may demand; a refusal takes the order back with it."""
    if programs.get(member.program_id).proof_policy != "spend":
        return
    if not proof:
        raise Invalid("proof_required", "This program wants the member's one-time code to spend.")
    members.use_proof(member.program_id, member.member_id, proof)


def _page(
    member: Viewer,
    quoted: Quote,
    form: dict[str, str],
    key: str,
    errors: Sequence[FormError],
    status: int = 200,
    changed: dict[str, Any] | None = None,
) -> Response:
    context = transact(lambda: _context(member, quoted, form))
    risen = changed if changed and "new_points" in changed else None
    if context["limits"]:  # the only page whose form leads to somebody else's
        g.policy = {"form-action": f"'self' {ports.get(PaymentProvider).page_origin}"}
    page = render_template("catalog/payment.html", nav="cart", key=key, errors=errors, risen=risen, **context)
    return make_response(page, status)


def _context(member: Viewer, quoted: Quote, form: dict[str, str]) -> dict[str, Any]:
    available = cards.available(member.program_id) or 0
    offers, limits = tender.offers(quoted, available), tender.limits(quoted, available)
    default = str(offers[0]["points"]) if offers else ""
    assert quoted.address is not None
    to = quoted.address
    return {
        "quote": told(quoted),
        "to": {
            "name": to.name,
            "email": to.email,
            "place": ", ".join(part for part in (to.line1, to.city, to.postal_code) if part),
        },
        "available": available,
        "offers": offers,
        "limits": limits,
        "form": {**form, "pay": form["pay"] or default},
        "asked_for": confirming.asked_for(member, max((one["points"] for one in offers), default=0)),
        "wants_proof": programs.get(member.program_id).proof_policy == "spend",
    }
