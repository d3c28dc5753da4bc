"""Saving how a table of a partner is read: which column is which field, and what every row has. Saved as versions."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners, purchases
from coalition.console import forms
from coalition.console.frame import blueprint, choices, chosen_program
from coalition.kernel.db import transact
from coalition.purchases import ColumnMapping

HEAD = ("external_id", "occurred_at", "outlet", "member", "member_kind", "currency", "channel", "type", "points_paid")
BANK = ("payment_kind", "mcc", "merchant", "original")
LINE = ("amount", "sku", "name", "category", "qty", "price", "no")
COMPARED = ("points", "points_redeemed", "rate")
FIELDS = (*HEAD, *LINE, *BANK, *COMPARED)
_NEEDED = ("external_id", "occurred_at", "amount")
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_TEXTS = ("partner", "name", "delimiter", "encoding", "decimal", "date_format", "zone", "grouping", "sheet", "header")
_JOIN = "+"


@blueprint.get("/registries/layouts/new")
def new_mapping() -> str:
    """The form of a layout; `?layout=partner/name` begins with one that is saved."""
    return _page([], transact(_begun))


@blueprint.post("/registries/layouts/new")
def save_mapping() -> Response | tuple[str, int]:
    """Save a layout."""
    given = forms.answers(*_TEXTS, *(f"{part}-{field}" for field in FIELDS for part in ("column", "fixed")))
    program = transact(chosen_program)
    known = {one.code: one for one in transact(lambda: partners.list_partners(program.id))}
    partner = known.get(given["partner"])
    definition = _definition(given)
    missing = [field for field in _NEEDED if field not in definition["columns"]]
    errors = [] if partner else [forms.error("partner", "choose")]
    errors += [forms.error(f"column-{field}", "required") for field in missing]
    status = 422
    if not errors and partner is not None:
        pointers = {f"/{name}": name for name in _TEXTS}
        pointers |= {f"/columns/{field}": f"column-{field}" for field in FIELDS}
        pointers |= {f"/fixed/{field}": f"fixed-{field}" for field in FIELDS}
        partner_id = partner.id
        errors, status = forms.tried(lambda: purchases.save_mapping(partner_id, given["name"], definition), pointers)
    if errors:
        return _page(errors, given), status
    target = url_for("console.new_registry", program=program.code, done="mapping_saved")
    return redirect(target, code=303)


def _definition(given: dict[str, str]) -> dict[str, Any]:
    """The layout that the form describes."""
    header = bool(given["header"])
    columns = {field: _columns(given[f"column-{field}"], header) for field in FIELDS if given[f"column-{field}"]}
    return {
        "delimiter": _DELIMITERS.get(given["delimiter"], ""),
        "encoding": given["encoding"],
        "decimal": given["decimal"],
        "date_format": given["date_format"] or "iso",
        "zone": given["zone"],
        "header": header,
        "grouping": given["grouping"],
        "sheet": given["sheet"] or None,
        "fixed": {field: given[f"fixed-{field}"] for field in FIELDS if given[f"fixed-{field}"]},
        "columns": columns,
    }


def _columns(text: str, header: bool) -> list[str | int]:
    """The columns of one field; without a header they are places from 1."""
    parts = [part.strip() for part in text.split(_JOIN)]
    return [int(part) if not header and part.isascii() and part.isdecimal() else part for part in parts]


def _begun() -> dict[str, str]:
    program = chosen_program()
    plain = {"delimiter": "semicolon", "encoding": "utf-8", "decimal": ",", "date_format": "%d.%m.%Y %H:%M"}
    plain |= {"zone": program.zone, "grouping": "receipt", "header": "yes", "fixed-currency": program.currency}
    code, _, name = request.args.get("layout", "").partition("/")
    for partner in partners.list_partners(program.id):
        if partner.code == code:
            saved = next((one for one in purchases.mappings(partner.id) if one.name == name), None)
            return {"partner": code, **(_told(saved) if saved else plain)}
    return plain


def _told(saved: ColumnMapping) -> dict[str, str]:
    """A saved layout as answers of the form."""
    found = {name: str(getattr(saved, name)) for name in ("name", "encoding", "decimal", "date_format", "zone")}
    found["delimiter"] = next(name for name, mark in _DELIMITERS.items() if mark == saved.delimiter)
    found |= {"grouping": saved.grouping, "sheet": saved.sheet or "", "header": "yes" if saved.header else ""}
    found |= {f"column-{field}": f" {_JOIN} ".join(map(str, parts)) for field, parts in saved.columns.items()}
    return found | {f"fixed-{field}": value for field, value in saved.fixed.items()}


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        known = partners.list_partners(program.id)
        saved = [{"partner": partner, "mapping": one} for partner in known for one in purchases.mappings(partner.id)]
        return {**choices(program), "partners": [(one.code, one.name) for one in known], "saved": saved}

    parts = {"head": HEAD, "line": LINE, "bank": BANK, "compared": COMPARED, "delimiters": tuple(_DELIMITERS)}
    context = transact(work)
    return render_template(
        "console/mapping.html", nav="registries", errors=errors, answers=given, needed=_NEEDED, **parts, **context
    )
