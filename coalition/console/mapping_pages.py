"""Saving how a table of any partner is read; the form is the one of the partners' portal (`layouts`)."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners
from coalition.console import forms, layouts
from coalition.console.frame import blueprint, choices, chosen_program
from coalition.console.registry_pages import saved_layouts, tending
from coalition.kernel.db import transact


@blueprint.get("/registries/layouts/new")
def new_mapping() -> str:
    """The form of a layout; `?layout=partner/name` begins with one that is saved."""
    return _page([], transact(_begun))


@blueprint.post("/registries/layouts/new")
def save_mapping() -> Response | tuple[str, int]:
    """Save a layout."""
    given = layouts.typed()
    program = transact(chosen_program)
    known = {one.code: one for one in transact(lambda: partners.list_partners(program.id))}
    partner = known.get(given["partner"])
    errors = ([] if partner else [forms.error("partner", "choose")]) + layouts.lacking(given)
    status = 422
    if not errors and partner is not None:
        errors, status = layouts.save(partner.id, given)
    if errors:
        return _page(errors, given), status
    target = url_for("console.new_registry", program=program.code, done="mapping_saved")
    return redirect(target, code=303)


def _begun() -> dict[str, str]:
    program = chosen_program()
    code, _, name = request.args.get("layout", "").partition("/")
    named = next((one for one in partners.list_partners(program.id) if one.code == code), None)
    begun = layouts.begun(program, named.id if named else None, name)
    return {"partner": named.code, **begun} if named else begun


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        known = partners.list_partners(program.id)
        return {
            **choices(program),
            "partners": [(one.code, one.name) for one in known],
            "saved": saved_layouts(known),
            "tending": tending(),
        }

    where = {"nav": "registries", "errors": errors, "answers": given}
    return render_template("console/mapping.html", **where, **layouts.PARTS, **transact(work))
