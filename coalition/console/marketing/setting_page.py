"""What all promotions of a program have in common: what earns nothing, on what is earned, when a day begins, draws.

A change counts from the next ruleset on; once anything is published a second person has to approve it.
"""

from __future__ import annotations

import re
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import promotions
from coalition.console import forms
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid
from coalition.promotions import wording

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_FIELDS = {"/exclude": "exclude", "/earn_on": "earn_on", "/earn_not": "earn_not", "/day_starts_minutes": "day_starts"}
_FIELDS |= {"/earn_vat": "earn_vat", "/vat_bp": "vat"}


@blueprint.get("/promotion-settings")
def promotion_settings() -> str:
    """The setting as it is, and the commitment to the secret by which draws are rolled."""
    return _page([], None)


@blueprint.post("/promotion-settings")
def change_promotion_settings() -> Response | tuple[str, int]:
    """Change it, or ask a second person to."""
    given = forms.answers("exclude", "earn_on", "earn_not", "day_starts", "earn_vat", "vat", "note")
    terms, errors = _terms(given)
    status = 422
    asked: list[object] = []
    if not errors:
        errors, status = forms.tried(
            lambda: asked.append(promotions.change_setting(chosen_program().id, **terms, note=given["note"])), _FIELDS
        )
    if errors:
        return _page(errors, given), status
    done = "change_asked" if asked[0] is not None else "setting_saved"
    return redirect(url_for("marketing.promotion_settings", done=done), code=303)


def _terms(given: dict[str, str]) -> tuple[dict[str, Any], forms.Errors]:
    """The setting that the texts mean, or what of them cannot be read."""
    errors: forms.Errors = []
    exclude = None
    if given["exclude"]:
        try:
            exclude = wording.understood(given["exclude"])
            wrong = wording.wrong_with(exclude, line=True)
            errors += [forms.error("exclude", "condition", one.detail) for one in wrong[:5]]
        except Invalid as refusal:
            errors.append(forms.error("exclude", "not_understood", refusal.detail))
    clock = _CLOCK.fullmatch(given["day_starts"] or "0:00")
    if clock is None:
        errors.append(forms.error("day_starts", "clock"))
    minutes = int(clock[1]) * 60 + int(clock[2]) if clock else 0
    try:
        vat_bp = wording.number(given["vat"] or "0", 2)
    except wording.Misread:
        errors.append(forms.error("vat", "number"))
        vat_bp = 0
    kinds = [kind.strip() for kind in given["earn_not"].split(",") if kind.strip()]
    return {
        "exclude": exclude,
        "earn_on": given["earn_on"],
        "earn_not": kinds,
        "day_starts_minutes": minutes,
        "earn_vat": given["earn_vat"] or "with",
        "vat_bp": vat_bp,
    }, errors


def _page(errors: forms.Errors, given: dict[str, str] | None) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        return {
            **choices(program),
            "answers": given or _answers(promotions.setting(program.id)),
            "commitment": promotions.draw_commitment(program.id),
        }

    return render_template("marketing/settings.html", errors=errors, **page("settings"), **transact(work))


def _answers(one: promotions.Setting) -> dict[str, str]:
    hours, minutes = divmod(one.day_starts_minutes, 60)
    return {
        "exclude": wording.printed(one.exclude) if one.exclude else "",
        "earn_on": one.earn_on,
        "earn_not": ", ".join(one.earn_not),
        "day_starts": f"{hours:02}:{minutes:02}",
        "earn_vat": one.earn_vat,
        "vat": wording.plain_number(one.vat_bp, 2),
        "note": "",
    }
