"""Files of purchases of all partners: what has become of each, its rejected lines, and a form to send one for somebody.

What the partners' portal shows of its own files is the same (`registry_tending`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from coalition import access, partners, programs, purchases
from coalition.console import forms, registry_tending
from coalition.console.frame import blueprint, choices, chosen_program
from coalition.console.registry_tending import BODY_MAX, PAGE, Tending
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import use_zone
from coalition.ports import StoredFile

_ENDPOINTS = {"list": "registries", "new": "new_registry", "page": "registry", "record": "record_registry"}
_ENDPOINTS |= {"layout": "new_mapping"}


@blueprint.get("/registries")
def registries() -> str:
    """The files, the latest first."""
    found = transact(lambda: listed(request.args.get("cursor"), PAGE))
    return render_template("console/registries.html", nav="registries", **found)


@blueprint.get("/registries/new")
def new_registry() -> str:
    """The form that sends a file."""
    return _form([], {})


@blueprint.post("/registries/new")
def send_registry() -> Response | tuple[str, int]:
    """Keep the file, and ask for it to be recorded."""
    given, answers = request.files.get("file"), forms.answers("partner", "mapping", "dry_run")
    errors = transact(lambda: _wrong(answers)) + registry_tending.missing(given)
    if errors:
        return _form(errors, answers), 422
    stored = registry_tending.kept(cast(FileStorage, given), mapped=bool(answers["mapping"]))
    if not isinstance(stored, StoredFile):
        return _form(stored, answers), 422
    return _at(transact(lambda: _open(answers, stored)))


send_registry.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.get("/registries/<registry>")
def registry(registry: str) -> str:
    """One file: how far it is, what it brought, and the lines that were rejected."""
    found = transact(lambda: one(request.args.get("cursor"), PAGE, registry))
    return render_template("console/registry.html", nav="registries", tending=tending(), **found)


@blueprint.post("/registries/<registry>/record")
def record_registry(registry: str) -> Response:
    """Record a file that was only tried."""
    return _at(transact(lambda: registry_tending.recorded(purchases.registry(ids.parse("reg", registry)))))


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the list, by the filters in the address."""
    program = chosen_program()
    known = partners.list_partners(program.id)
    code = request.args.get("partner", "")
    partner = next((one for one in known if one.code == code), None)
    return {
        **choices(program),
        **registry_tending.page_of(program.id, partner.id if partner else None, cursor, limit),
        "partner": partner.code if partner else "",
        "partners": known,
        "tending": tending(),
    }


def one(cursor: str | None, limit: int, registry: str) -> dict[str, Any]:
    """One file with a page of its rejected lines. Raises NotFound."""
    found = purchases.registry(ids.parse("reg", registry))
    program = programs.get(found.program_id)
    use_zone(program.zone)
    return {"program": program, **registry_tending.one(found, cursor, limit)}


def tending() -> Tending:
    """Files of all partners, tended by staff."""

    def address(deed: str, **where: Any) -> str:
        return url_for(f"console.{_ENDPOINTS[deed]}", **where)

    return Tending(may_send=True, named=True, address=address)


def _at(public_id: str) -> Response:
    return redirect(url_for("console.registry", registry=public_id), code=303)


def _form(errors: forms.Errors, answers: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        known = partners.list_partners(program.id)
        return {
            **choices(program),
            "partners": [(one.code, one.name) for one in known],
            "layouts": saved_layouts(known),
        }

    where = {"nav": "registries", "errors": errors, "answers": answers, "tending": tending()}
    return render_template("console/registry_new.html", **where, **transact(work))


def saved_layouts(known: Sequence[partners.Partner]) -> list[tuple[str, str]]:
    """Every saved layout of these partners, by the value that forms send, in words."""
    return [
        (value, registry_tending.layout_words(at["mapping"], at["partner"].name))
        for value, at in _mappings(known).items()
    ]


def _mappings(known: Sequence[partners.Partner]) -> dict[str, dict[str, Any]]:
    """Every saved layout of these partners, by the value that the form sends."""
    return {
        f"{partner.code}/{one.name}": {"partner": partner, "mapping": one}
        for partner in known
        for one in purchases.mappings(partner.id)
    }


def _wrong(answers: dict[str, str]) -> forms.Errors:
    known = partners.list_partners(chosen_program().id)
    named = next((one for one in known if one.code == answers["partner"]), None)
    errors: forms.Errors = []
    if named is None:
        errors.append(forms.error("partner", "choose"))
    elif access.suspension(named.id) is not None:
        errors.append(forms.error("partner", "partner_suspended"))
    layout = _mappings(known).get(answers["mapping"])
    if answers["mapping"] and (layout is None or layout["partner"].code != answers["partner"]):
        errors.append(forms.error("mapping", "other_partners_layout"))
    return errors


def _open(answers: dict[str, str], stored: StoredFile) -> str:
    program = chosen_program()
    partner = partners.by_code(program.id, answers["partner"])
    layout = _mappings([partner]).get(answers["mapping"])
    mapping_id = layout["mapping"].id if layout else None
    return registry_tending.opened(program.id, partner.id, stored, mapping_id, dry_run=bool(answers["dry_run"]))
