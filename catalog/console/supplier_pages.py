"""Suppliers: who they are, what they have on sale, and the facts of one that may change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalog import pricing, rewards, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page
from coalition import partners
from coalition.console import forms
from coalition.kernel.db import transact
from coalition.programs import Program

_FIELDS = {"/name": "name", "/margin_bp": "margin", "/state": "state", "/base_url": "base_url"}


@blueprint.get("/suppliers")
def supplier_list() -> str:
    """Every supplier of the program."""
    return render_template("desk/suppliers.html", **page("suppliers"), **transact(listed))


@blueprint.get("/suppliers/<code>")
def supplier(code: str) -> str:
    """One supplier, and the form that changes it."""
    return _page(code, [], {})


@blueprint.post("/suppliers/<code>")
def change_supplier(code: str) -> Response | tuple[str, int]:
    """Change its name, margin, state or address; what it has on sale, and at which price, follows at once."""
    given = forms.answers("name", "margin", "state", "base_url")
    margin = forms.units(given["margin"], 2)
    if margin is None:
        return _page(code, [forms.error("margin", "percent_any")], given), 422

    def work() -> Program:
        program = chosen_program()
        supplier_id = chosen_supplier(program, code).id
        suppliers.change(
            supplier_id,
            name=given["name"],
            margin_bp=margin,
            state=given["state"],
            base_url=given["base_url"],
        )
        if rewards.publish(supplier_id):  # who is suspended sends no file that would do it
            pricing.rebuild(program.id)
        return program

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _page(code, errors, given), status
    program = transact(chosen_program)
    return redirect(url_for("desk.supplier", code=code, program=program.code, done="supplier_changed"), code=303)


def listed() -> dict[str, Any]:
    """Every supplier of the chosen program."""
    program = chosen_program()
    return {**choices(program), "suppliers": suppliers.standings(program.id)}


def _page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        wanted = chosen_supplier(program, code)
        found = next(one for one in suppliers.standings(program.id) if one.id == wanted.id)
        entity = partners.entity(wanted.legal_entity_id)
        known = {"name": found.name, "state": found.state, "base_url": found.base_url}
        answers = {**known, "margin": f"{Decimal(found.margin_bp) / 100}", **given}
        listing = wanted.protocol in ("foreign", "none")
        return {**choices(program), "supplier": found, "entity": entity, "answers": answers, "listing": listing}

    return render_template("desk/supplier.html", errors=errors, **page("suppliers"), **transact(work))
