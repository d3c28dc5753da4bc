"""A new promotion: a name and a mechanic to begin with; its code is made of the English name unless one is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import programs, promotions
from coalition.console import forms
from coalition.console.marketing.frame import blueprint, chosen_program, page
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.programs import Program

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_NOT_IN_CODES = re.compile(r"[^a-z0-9]+")
Part = dict[str, Any]


def _credit(calc: Part, **more: Any) -> Callable[[str], list[Part]]:
    return lambda currency: [{"kind": "points.credit", "currency": currency, "calc": calc, **more}]


def _discount(calc: Part) -> Callable[[str], list[Part]]:
    return lambda currency: [{"kind": "discount", "calc": calc}]


# What a new promotion begins with: its effects, its condition, its events.
STARTS: Mapping[str, tuple[Callable[[str], list[Part]], Part | None, str]] = {
    "multiply": (_credit({"type": "multiply", "x_bp": 20_000}), None, "receipt.closed"),
    "percent": (_credit({"type": "percent", "bp": 500}), None, "receipt.closed"),
    "threshold": (
        _credit({"type": "fixed", "points": 100}),
        {"f": "receipt.total", "op": "gte", "v": 5_000},
        "receipt.closed",
    ),
    "birthday": (
        _credit({"type": "fixed", "points": 500}, expire_days=30),
        {"f": "member.days_to_birthday", "op": "lte", "v": 3},
        "receipt.closed",
    ),
    "discount": (_discount({"type": "percent", "bp": 1_000}), None, "receipt.closed"),
    "empty": (lambda currency: [], None, "receipt.closed"),
}


@blueprint.get("/promotions/new")
def new_promotion() -> str:
    """The form of a new promotion."""
    return _page([], {"start": "multiply"})


@blueprint.post("/promotions/new")
def start_promotion() -> Response | tuple[str, int]:
    """Begin a draft, and go on to the builder."""
    given = forms.answers("name_en", "name_ru", "code", "start")
    code = given["code"] or _NOT_IN_CODES.sub("-", given["name_en"].lower()).strip("-")[:60]
    errors = [forms.error(name, "required") for name in ("name_en", "name_ru") if not given[name]]
    if given["code"] and not _CODE.fullmatch(given["code"]):
        errors.append(forms.error("code", "promotion_code"))
    elif given["name_en"] and not code:
        errors.append(forms.error("code", "required"))
    if given["start"] not in STARTS:
        errors.append(forms.error("start", "choose"))
    if not errors:
        errors, _ = forms.tried(lambda: _begin(chosen_program(), code, given), {"/id": "code"})
    if errors:
        return _page(errors, given), 422
    return redirect(url_for("marketing.build", code=code), code=303)


def _begin(program: Program, code: str, given: dict[str, str]) -> None:
    effects, when, event = STARTS[given["start"]]
    name = {"en": given["name_en"], "ru": given["name_ru"]}
    currency = next((one.code for one in programs.currencies(program.id) if one.spendable), "")
    document = {"name": name, "events": [event], "effects": effects(currency)}
    document |= {"when": when} if when else {}
    promotions.begin_draft(program.id, code, document, actor=audit.origin().actor)


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    program = transact(chosen_program)
    context = {**page("promotions"), "program": program, "starts": list(STARTS), "answers": given}
    return render_template("marketing/new.html", errors=errors, **context)
