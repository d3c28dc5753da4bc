"""Subscription plans: offered by an administrator, never changed, closed when they are offered no longer."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import members, programs
from coalition.console import forms
from coalition.console.frame import blueprint
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language, use_zone
from coalition.members import Benefits, Plan
from coalition.programs import Program
from coalition.site.viewer import require_role

_NAMES = ("code", "name_en", "name_ru", "price", "months", "tier", "times", "delivery")
_FIELDS = {"/code": "code", "/price_minor": "price", "/months": "months", "/tier": "tier", "/benefits": "times"}
_MONTHS_MAX = 120


@blueprint.get("/programs/<code>/plans/new")
def new_plan(code: str) -> str:
    """The form of a plan."""
    require_role("admin")
    return _page(code, [], {"price": "0", "months": "1", "times": "1"})


@blueprint.post("/programs/<code>/plans/new")
def add_plan(code: str) -> Response | tuple[str, int]:
    """Offer a plan."""
    require_role("admin")
    given = forms.answers(*_NAMES)
    errors, plan = transact(lambda: _read(programs.by_code(code), given))
    status = 422
    if not errors:
        errors, status = forms.tried(lambda: members.add_plan(programs.by_code(code).id, plan), _FIELDS)
    if errors:
        return _page(code, errors, given), status
    return redirect(url_for("console.tiers", code=code, done="plan_added"), code=303)


@blueprint.post("/programs/<code>/plans/<plan>/close")
def close_plan(code: str, plan: str) -> Response:
    """Offer a plan no longer."""
    require_role("admin")
    transact(lambda: members.close_plan(programs.by_code(code).id, plan))
    return redirect(url_for("console.tiers", code=code, done="plan_closed"), code=303)


def _read(program: Program, given: dict[str, str]) -> tuple[forms.Errors, Plan]:
    price, months = forms.units(given["price"], program.currency_decimals), forms.whole(given["months"])
    factor = forms.units(given["times"] or "1", 4)
    tiers = members.ladder(program.id).by_code
    brings = Benefits(factor or 10_000, bool(given["delivery"]))
    wrong = {
        "name_en": None if given["name_en"] else "required",
        "name_ru": None if given["name_ru"] else "required",
        "code": None if forms.is_code(given["code"]) else "code",
        "price": None if price is not None and price >= 0 else "invalid",
        "months": None if months is not None and 1 <= months <= _MONTHS_MAX else "invalid",
        "tier": None if not given["tier"] or given["tier"] in tiers else "choose",
        "times": None if factor is not None and 10_000 <= factor <= 100_000 else "times",
    }
    errors = [forms.error(name, why) for name, why in wrong.items() if why]
    if any(one.code == given["code"] for one in members.plans(program.id)):
        errors.append(forms.error("code", "code_in_use"))
    if not errors and not given["tier"] and brings == Benefits():
        errors.append(forms.error("tier", "grants_nothing"))
    names = (given["code"], given["name_en"], given["name_ru"])
    return errors, Plan(*names, price or 0, months or 0, given["tier"] or None, brings)


def _page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = programs.by_code(code)
        use_zone(program.zone)
        tiers = members.ladder(program.id).tiers
        options = [(one.code, one.name_ru if language() == "ru" else one.name_en) for one in tiers]
        return {"program": program, "tiers": options}

    return render_template("console/plan.html", nav="programs", errors=errors, answers=given, **transact(work))
