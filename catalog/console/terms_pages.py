"""On which terms a supplier delivers, takes back and answers: what staff have agreed with it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalog import orders, pricing
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page
from coalition.console import forms
from coalition.kernel.db import transact

_WAY = ("way", "kind", "points", "cost", "days_min", "days_max")
_RETURNS = ("days", "send_within_days", "address", "auto_authorize")
_FIELDS = {f"/{name}": name for name in (*_WAY, *_RETURNS)} | {
    "/code": "way",
    "/cost_minor": "cost",
    "/answer_s": "answer_min",
}
Answer = Response | tuple[str, int]


@blueprint.get("/suppliers/<code>/terms")
def terms(code: str) -> str:
    """What is agreed, and the forms that change it."""
    return _page(code, [], {})


@blueprint.post("/suppliers/<code>/terms/delivery")
def set_delivery(code: str) -> Answer:
    """Let a supplier deliver by a method at a price; said again, it is replaced."""
    given = forms.answers(*_WAY)
    program = transact(chosen_program)
    numbers = {name: forms.whole(given[name] or "0") for name in ("points", "days_min", "days_max")}
    numbers["cost"] = forms.units(given["cost"] or "0", program.currency_decimals)
    wrong = [forms.error(name, "invalid") for name, number in numbers.items() if number is None]
    if wrong:
        return _page(code, wrong, given), 422
    points, least, most, cost = (number or 0 for number in numbers.values())

    def work() -> None:
        pricing.offer_delivery(
            chosen_supplier(chosen_program(), code).id,
            given["way"],
            kind=given["kind"],
            points=points,
            cost_minor=cost,
            days_min=least,
            days_max=most,
        )

    return _done(code, given, *forms.tried(work, _FIELDS))


@blueprint.post("/suppliers/<code>/terms/returns")
def set_returns(code: str) -> Answer:
    """Agree within how many days goods may come back, where to, and whether anybody is asked."""
    given = forms.answers(*_RETURNS)
    days, send = forms.whole(given["days"]), forms.whole(given["send_within_days"])
    if days is None or send is None:
        field = "days" if days is None else "send_within_days"
        return _page(code, [forms.error(field, "invalid")], given), 422
    how = orders.ReturnPolicy(days, send, bool(given["auto_authorize"]), given["address"])

    def work() -> None:
        orders.set_policy(chosen_supplier(chosen_program(), code).id, how)

    return _done(code, given, *forms.tried(work, _FIELDS))


@blueprint.post("/suppliers/<code>/terms/answers")
def set_answers(code: str) -> Answer:
    """Agree within how many minutes the supplier answers an order; later it is on the board as stuck."""
    given = forms.answers("answer_min")
    minutes = forms.whole(given["answer_min"])
    if minutes is None:
        return _page(code, [forms.error("answer_min", "invalid")], given), 422

    def work() -> None:
        orders.promise(chosen_supplier(chosen_program(), code).id, minutes * 60)

    return _done(code, given, *forms.tried(work, _FIELDS))


def ways(code: str) -> dict[str, Any]:
    """How the supplier delivers."""
    program = chosen_program()
    supplier = chosen_supplier(program, code)
    options = [one for one in pricing.delivery_options([supplier.id])[supplier.id] if one.carrier is None]
    return {**choices(program), "supplier": supplier, "options": options}


def _done(code: str, given: dict[str, str], errors: forms.Errors, status: int) -> Answer:
    if errors:
        return _page(code, errors, given), status
    program = transact(chosen_program)
    return redirect(url_for("desk.terms", code=code, program=program.code, done="terms_set"), code=303)


def _page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = ways(code)
        how = orders.policy(found["supplier"].id)
        known = {
            "days": str(how.days),
            "send_within_days": str(how.send_within_days),
            "address": how.address,
            "auto_authorize": "yes" if how.auto_authorize else "",
            "answer_min": str(orders.promised_s(found["supplier"].id) // 60),
        }
        return {**found, "answers": dict.fromkeys(_WAY, "") | known | given}

    kinds = pricing.DELIVERY_KINDS
    return render_template("desk/terms.html", errors=errors, kinds=kinds, **page("suppliers"), **transact(work))
