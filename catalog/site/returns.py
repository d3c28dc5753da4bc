"""Giving back: asking for it line by line with a reason, and how a return is told on the page of its order."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from catalog import orders, suppliers
from catalog.orders import RETURN_REASONS, Order, Returnable
from catalog.site.blueprint import blueprint
from catalog.site.checkout_form import FormError
from catalog.site.orders import own
from catalog.site.parcels import number
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.idempotency import request_hash
from coalition.kernel.web.pages import language
from coalition.site.viewer import Viewer, require_member

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_MOST_COMMENT = 500


@blueprint.get("/orders/<order_id>/return")
def ask_return(order_id: str) -> BaseResponse:
    """The form: which pieces come back, and why."""
    member = require_member()
    order, lines = transact(lambda: _returnable(member, order_id))
    if not lines:
        return redirect(url_for("catalog.order", order_id=order_id, notice="not_returnable"), code=303)
    return _page(order, lines, {}, [], secrets.token_urlsafe(18))


@blueprint.post("/orders/<order_id>/return")
def request_return(order_id: str) -> BaseResponse:
    """Ask for it; the same form sent again asks once."""
    member = require_member()
    order, lines = transact(lambda: _returnable(member, order_id))
    key = request.form.get("key", "")
    key = key if _KEY.fullmatch(key) else secrets.token_urlsafe(18)
    wanted = _wanted(lines, request.form)
    comment = request.form.get("comment", "").strip()
    if errors := _problems(wanted, request.form, comment):
        return _page(order, lines, request.form, errors, key, 422)
    reason = request.form["reason"]
    try:
        transact(
            lambda: orders.request_return(
                order.program_id,
                order.id,
                external_id=f"web:{ids.public('ord', order.id)}:{key}",
                lines=wanted,
                reason=reason,
                request_hash=request_hash([sorted(wanted.items()), reason, comment]),
                comment=comment or None,
            )
        )
    except Refusal as refusal:
        code = refusal.errors[0].code if refusal.errors else refusal.code
        return _page(order, lines, request.form, [FormError("lines", code)], key, 422)
    return redirect(url_for("catalog.order", order_id=order_id, notice="return_asked"), code=303)


@blueprint.post("/orders/<order_id>/returns/<return_id>/cancel")
def cancel_return(order_id: str, return_id: str) -> BaseResponse:
    """Keep the goods after all."""
    member = require_member()
    transact(lambda: _cancel(member, order_id, ids.parse("rma", return_id)))
    return redirect(url_for("catalog.order", order_id=order_id, notice="return_cancelled"), code=303)


def _returnable(member: Viewer, order_id: str) -> tuple[Order, list[Returnable]]:
    order = own(member, order_id)
    return order, orders.returnable(order.program_id, order.id)


def _cancel(member: Viewer, order_id: str, return_id: int) -> None:
    order = own(member, order_id)
    if orders.find_return(order.program_id, return_id).order_id != order.id:
        raise NotFound()
    orders.cancel_return(order.program_id, return_id)


def _wanted(lines: Sequence[Returnable], form: Mapping[str, str]) -> dict[int, int]:
    """The pieces by line that were chosen, as far as they are numbers in range."""
    wanted = {}
    for line in lines:
        typed = form.get(f"qty-{line.line_no}", "0")
        if re.fullmatch("[1-9][0-9]{0,3}", typed) and int(typed) <= line.left:
            wanted[line.line_no] = int(typed)
    return wanted


def _problems(wanted: Mapping[int, int], form: Mapping[str, str], comment: str) -> list[FormError]:
    found = [] if wanted else [FormError("lines", "choose_lines")]
    if form.get("reason") not in RETURN_REASONS:
        found.append(FormError("reason", "choose"))
    if len(comment) > _MOST_COMMENT:
        found.append(FormError("comment", "too_long"))
    return found


def _page(
    order: Order,
    lines: Sequence[Returnable],
    form: Mapping[str, str],
    errors: Sequence[FormError],
    key: str,
    status: int = 200,
) -> Response:
    context = transact(lambda: _context(order, lines))
    page = render_template(
        "catalog/return.html", nav="orders", form=form, errors=errors, key=key, reasons=RETURN_REASONS, **context
    )
    return make_response(page, status)


def _context(order: Order, lines: Sequence[Returnable]) -> dict[str, Any]:
    by_no = {line.no: line for line in order.lines}
    shares: dict[int, dict[str, Any]] = {}
    for one in lines:
        seller = suppliers.get(one.supplier_id).name
        share = shares.setdefault(one.consignment_id, {"supplier": seller, "until": one.until, "lines": []})
        line = by_no[one.line_no]
        facts = {"no": one.line_no, "left": one.left, "title": line.title(language()), "artwork": line.artwork}
        share["lines"].append(facts)
    return {
        "order": {"id": ids.public("ord", order.id), "number": number(order.id)},
        "shares": list(shares.values()),
    }
