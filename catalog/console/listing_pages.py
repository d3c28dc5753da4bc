"""Putting up what no feed brings: points of another program, and donations."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalog import rewards
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page
from coalition.console import forms
from coalition.kernel.db import transact

_FIELDS = {"/sku": "sku", "/title_en": "title_en", "/title_ru": "title_ru", "/cost_minor": "cost", "/units": "units"}


@blueprint.get("/suppliers/<code>/listing")
def listing(code: str) -> str:
    """The form for a reward, and what this supplier has on sale already."""
    return _page(code, [], {})


@blueprint.post("/suppliers/<code>/listing")
def put_up(code: str) -> Response | tuple[str, int]:
    """Put a reward on sale, or change the one with this article number."""
    given = forms.answers("sku", "title_en", "title_ru", "cost", "units")
    program = transact(chosen_program)
    cost, units = forms.units(given["cost"], program.currency_decimals), forms.whole(given["units"])
    errors = [forms.error("cost", "amount")] if cost is None else []
    errors += [forms.error("units", "amount")] if given["units"] and units is None else []
    if errors:
        return _page(code, errors, given), 422
    facts = rewards.Listing(given["sku"], given["title_en"], given["title_ru"], cost or 0, units)
    errors, status = forms.tried(lambda: rewards.put_up(chosen_supplier(chosen_program(), code).id, facts), _FIELDS)
    if errors:
        return _page(code, errors, given), status
    return redirect(url_for("desk.listing", code=code, program=program.code, done="reward_put_up"), code=303)


def on_sale(code: str) -> dict[str, Any]:
    """What this supplier has on sale that no feed brings."""
    program = chosen_program()
    supplier = chosen_supplier(program, code)
    found = rewards.listed(supplier.id)
    return {**choices(program), "supplier": supplier, "listed": found, "counted": supplier.protocol == "foreign"}


def _page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    answers = {"sku": "", "title_en": "", "title_ru": "", "cost": "", "units": "", **given}
    context = transact(lambda: on_sale(code))
    return render_template("desk/listing.html", errors=errors, answers=answers, **page("suppliers"), **context)
