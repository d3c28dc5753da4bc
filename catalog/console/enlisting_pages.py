"""Taking a supplier on, and another secret for one that is there: either is shown on one page, once."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for
from flask_babel import gettext

from catalog import suppliers
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page, secret_page
from coalition import partners
from coalition.console import forms
from coalition.kernel import config
from coalition.kernel.db import transact

_TEXTS = ("code", "name", "entity", "sells", "margin", "base_url", "secret", "token")
_FIELDS = {f"/{name}": name for name in _TEXTS} | {"/margin_bp": "margin"}
_NATIVE = ("giftcode", "flight", "event")
Answer = Response | tuple[str, int]


@blueprint.get("/suppliers/new")
def new_supplier() -> str:
    """The form of a supplier."""
    return _form([], {})


@blueprint.post("/suppliers/new")
def enlist_supplier() -> Answer:
    """Take a company of the program on as a supplier; a secret that we have made is shown this once."""
    given = forms.answers(*_TEXTS)
    margin, entity = forms.units(given["margin"] or "0", 2), forms.whole(given["entity"])
    if margin is None:
        return _form([forms.error("margin", "percent_any")], given), 422
    made: list[suppliers.Enlisted] = []

    def work() -> None:
        made[:] = [
            suppliers.enlist(
                chosen_program().id,
                given["code"],
                given["name"],
                entity or 0,
                sells=given["sells"],
                base_url=given["base_url"],
                secret=given["secret"],
                token=given["token"],
                margin_bp=margin,
            )
        ]

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _form(errors, given), status
    return _secret(made[0].supplier, made[0].secret)


@blueprint.post("/suppliers/<code>/secret")
def rekey_supplier(code: str) -> Answer:
    """Another secret for a supplier, which it told us or which we make and show this once."""
    given = forms.answers("secret", "token")
    made: list[str | None] = []
    supplier = transact(lambda: chosen_supplier(chosen_program(), code))

    def work() -> None:
        made[:] = [suppliers.rekey(supplier.id, **given)]

    errors, status = forms.tried(work, {})
    return _secret(supplier, None if errors else made[0], errors=errors, status=status)


def _secret(supplier: suppliers.Supplier, secret: str | None, **more: Any) -> Response:
    program = transact(chosen_program)
    tail = "/native" if supplier.protocol in _NATIVE else ""
    callbacks = f"{config.current().base_url}/api/v1/suppliers/{supplier.code}/callbacks{tail}"
    above = (url_for("desk.supplier_list", program=program.code), gettext("Suppliers"))
    back = url_for("desk.supplier", code=supplier.code, program=program.code)
    return secret_page("suppliers", supplier.name, secret, callbacks, above, back, **more)


def _form(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        entities = [(one.id, one.name) for one in partners.entities(program.id)]
        return {**choices(program), "entities": entities, "sells": tuple(suppliers.SELLS)}

    answers = dict.fromkeys(_TEXTS, "") | given
    return render_template(
        "desk/supplier_new.html", errors=errors, answers=answers, **page("suppliers"), **transact(work)
    )
