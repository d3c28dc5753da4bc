"""Adding a currency to a program: what never changes about it. Its policies are set on a page of their own."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import programs
from coalition.console import forms
from coalition.console.frame import blueprint
from coalition.kernel.db import transact
from coalition.kernel.web.pages import use_zone
from coalition.programs import Program
from coalition.site.viewer import require_role

KINDS = ("bonus", "miles", "tier", "cashback", "emoney")
_CODE = re.compile(r"[A-Z0-9]{3,6}")
_NAMES = ("code", "name_en", "name_ru", "kind", "decimals", "face")
_FIELDS = {f"/{name}": name for name in _NAMES} | {"/face_minor": "face"}
_FACE_DIGITS = 6
_DECIMALS_MAX = 4


@blueprint.get("/programs/<code>/currencies/new")
def new_currency(code: str) -> str:
    """The form of a currency."""
    require_role("admin")
    return _page(code, [], {"decimals": "0"})


@blueprint.post("/programs/<code>/currencies/new")
def add_currency(code: str) -> Response | tuple[str, int]:
    """Add a currency."""
    require_role("admin")
    given = forms.answers(*_NAMES)
    errors, values = transact(lambda: _read(programs.by_code(code), given))
    status = 422
    if not errors:
        errors, status = forms.tried(lambda: programs.add_currency(programs.by_code(code).id, **values), _FIELDS)
    if errors:
        return _page(code, errors, given), status
    target = url_for("console.currency", code=code, currency=given["code"], done="currency_added")
    return redirect(target, code=303)


def worth(text: str, program: Program, decimals: int) -> Decimal | None:
    """What one point is worth in whole money, as the worth of a minor unit in minor units; None if it is nothing.

    More digits than are kept would be rounded away, so that they are refused.
    """
    typed = forms.units(text, program.currency_decimals + _FACE_DIGITS - decimals)
    return None if typed is None or typed <= 0 else Decimal(typed).scaleb(-_FACE_DIGITS)


def _read(program: Program, given: dict[str, str]) -> tuple[forms.Errors, dict[str, Any]]:
    decimals = forms.whole(given["decimals"])
    face = worth(given["face"], program, decimals or 0)
    taken = {one.code for one in programs.currencies(program.id)}
    wrong = {
        "name_en": None if given["name_en"] else "required",
        "name_ru": None if given["name_ru"] else "required",
        "code": None if _CODE.fullmatch(given["code"]) else "currency_code",
        "kind": None if given["kind"] in KINDS else "choose",
        "decimals": None if decimals is not None and 0 <= decimals <= _DECIMALS_MAX else "invalid",
        "face": None if face is not None else "invalid",
    }
    errors = [forms.error(name, why) for name, why in wrong.items() if why]
    if given["code"] in taken:
        errors.append(forms.error("code", "code_in_use"))
    values = {"code": given["code"], "name_en": given["name_en"], "name_ru": given["name_ru"], "kind": given["kind"]}
    return errors, values | {"decimals": decimals, "face_minor": face}


def _page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = programs.by_code(code)
        use_zone(program.zone)
        return {"program": program}

    more = {"errors": errors, "answers": given, "kinds": KINDS}
    return render_template("console/currency_new.html", nav="programs", **transact(work), **more)
