"""The partner's files of purchases: tried and sent, followed to their end, and the lines that were rejected; and the
layouts by which its tables are read.

What staff see of everybody's files in the console is the same (`console.registry_tending`).
"""

from __future__ import annotations

from typing import Any, cast

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from coalition import programs, purchases
from coalition.console import forms, layouts, registry_tending
from coalition.console.registry_tending import BODY_MAX, PAGE, Tending
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.portal.frame import ADMIN, blueprint, manager, viewer
from coalition.ports import StoredFile
from coalition.site.viewer import Colleague

_NAV = {"nav": "portal-registries"}
_ENDPOINTS = {"list": "registries", "new": "new_registry", "page": "registry", "record": "record_registry"}
_ENDPOINTS |= {"layout": "new_layout"}


@blueprint.get("/registries")
def registries() -> str:
    """The files, the latest first."""
    return render_template(
        "portal/registries.html", **_NAV, **transact(lambda: listed(request.args.get("cursor"), PAGE))
    )


@blueprint.get("/registries/new")
def new_registry() -> str:
    """The form that tries a file or sends it; `?layout=` chooses a layout."""
    return _form([], {"mapping": request.args.get("layout", "")})


@blueprint.post("/registries/new")
def send_registry() -> Response | tuple[str, int]:
    """Keep the file, and ask for it to be tried or recorded."""
    given, answers = request.files.get("file"), forms.answers("mapping", "dry_run")
    wrong, mapping_id = transact(lambda: _layout(manager(), answers["mapping"]))
    if errors := wrong + registry_tending.missing(given):
        return _form(errors, answers), 422
    stored = registry_tending.kept(cast(FileStorage, given), mapped=mapping_id is not None)
    if not isinstance(stored, StoredFile):
        return _form(stored, answers), 422

    def work() -> str:
        colleague, dry_run = manager(), bool(answers["dry_run"])
        return registry_tending.opened(colleague.program_id, colleague.partner_id, stored, mapping_id, dry_run=dry_run)

    return _at(transact(work))


send_registry.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.get("/registries/<registry>")
def registry(registry: str) -> str:
    """One file: how far it is, what it brought, and the lines that were rejected."""
    found = transact(lambda: one(request.args.get("cursor"), PAGE, registry))
    return render_template("console/registry.html", **_NAV, **found)


@blueprint.post("/registries/<registry>/record")
def record_registry(registry: str) -> Response:
    """Record a file that was only tried."""
    return _at(transact(lambda: registry_tending.recorded(_own(manager(), registry))))


@blueprint.get("/registries/layouts/new")
def new_layout() -> str:
    """The form of a layout; `?layout=` names a saved one to begin with."""

    def work() -> dict[str, str]:
        colleague = manager()
        program = programs.get(colleague.program_id)
        return layouts.begun(program, colleague.partner_id, request.args.get("layout", ""))

    return _layout_page([], transact(work))


@blueprint.post("/registries/layouts/new")
def save_layout() -> Response | tuple[str, int]:
    """Save a layout."""
    given, partner_id = layouts.typed(), transact(manager).partner_id
    errors, status = layouts.lacking(given), 422
    if not errors:
        errors, status = layouts.save(partner_id, given)
    if errors:
        return _layout_page(errors, given), status
    return redirect(url_for("portal.new_registry", layout=given["name"], said="layout_saved"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the partner's files, by the state in the address."""
    colleague = viewer()
    found = registry_tending.page_of(colleague.program_id, colleague.partner_id, cursor, limit)
    return {**found, "tending": _tending(colleague)}


def one(cursor: str | None, limit: int, registry: str) -> dict[str, Any]:
    """One file with a page of its rejected lines. Raises NotFound, for another partner's too."""
    colleague = viewer()
    return {**registry_tending.one(_own(colleague, registry), cursor, limit), "tending": _tending(colleague)}


def _own(colleague: Colleague, public_id: str) -> purchases.Registry:
    return purchases.registry(ids.parse("reg", public_id), partner_id=colleague.partner_id)


def _tending(colleague: Colleague) -> Tending:
    def address(deed: str, **where: Any) -> str:
        return url_for(f"portal.{_ENDPOINTS[deed]}", **where)

    return Tending(ADMIN in colleague.roles, named=False, address=address)


def _layout(colleague: Colleague, name: str) -> tuple[forms.Errors, int | None]:
    """The partner's layout of this name, or what is wrong with it; none for no name."""
    if not name:
        return [], None
    known = {one.name: one.id for one in purchases.mappings(colleague.partner_id)}
    return ([], known[name]) if name in known else ([forms.error("mapping", "choose")], None)


def _at(public_id: str) -> Response:
    return redirect(url_for("portal.registry", registry=public_id), code=303)


def _form(errors: forms.Errors, answers: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        colleague = manager()
        return {"layouts": _saved(colleague), "tending": _tending(colleague)}

    return render_template("console/registry_new.html", **_NAV, errors=errors, answers=answers, **transact(work))


def _layout_page(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        colleague = manager()
        return {"saved": _saved(colleague), "tending": _tending(colleague)}

    where = {**_NAV, **layouts.PARTS, "errors": errors, "answers": given}
    return render_template("console/mapping.html", **where, **transact(work))


def _saved(colleague: Colleague) -> list[tuple[str, str]]:
    """The partner's layouts, by the value that forms send, in words."""
    return [(one.name, registry_tending.layout_words(one)) for one in purchases.mappings(colleague.partner_id)]
