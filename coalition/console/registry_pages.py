"""Files of purchases: what has become of each, its rejected lines, and a form to send another.

The file goes to the store before any transaction opens; a job does the rest, and the page shows how far it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, cast

from flask import Response, redirect, render_template, request, stream_with_context, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from coalition import access, partners, programs, purchases
from coalition.console import forms
from coalition.console.frame import blueprint, choices, chosen_program, partner_names
from coalition.kernel import ids, jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.web import sheets
from coalition.kernel.web.pages import use_zone
from coalition.ports import FileStore, StoredFile

PAGE = 50
REFRESH_S = 4
BODY_MAX = 1 << 30
_CHUNK = 2_000
STATES = ("waiting", "running", "finished", "failed")


@blueprint.get("/registries")
def registries() -> str:
    """The files, the latest first."""
    return render_template(
        "console/registries.html", nav="registries", **transact(lambda: listed(request.args.get("cursor"), PAGE))
    )


@blueprint.get("/registries/new")
def new_registry() -> str:
    """The form that sends a file."""
    return _form([], {})


@blueprint.post("/registries/new")
def send_registry() -> BaseResponse | tuple[str, int]:
    """Keep the file, and ask for it to be recorded."""
    given, answers = request.files.get("file"), forms.answers("partner", "mapping", "dry_run")
    errors = transact(lambda: _wrong(given, answers))
    if errors:
        return _form(errors, answers), 422
    stored = ports.get(FileStore).put(f"registries/{uuid.uuid4().hex}", cast(FileStorage, given).stream)  # type: ignore[arg-type]
    if not stored.size:
        return _form([forms.error("file", "empty_file")], answers), 422
    opened = transact(lambda: _open(answers, stored))
    return redirect(url_for("console.registry", registry=ids.public("reg", opened)), code=303)


send_registry.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.get("/registries/<registry>")
def registry(registry: str) -> str:
    """One file: how far it is, what it brought, and the lines that were rejected."""
    return render_template("console/registry.html", nav="registries", **transact(lambda: _one(registry)))


@blueprint.get("/registries/<registry>/rejections.csv")
def rejections_csv(registry: str) -> Response:
    """Every rejected line as CSV, sent while it is read."""
    found = transact(lambda: purchases.registry(ids.parse("reg", registry)))
    return sheets.download(stream_with_context(_rejected_rows(found.id)), f"rejected-{registry}.csv")


def told(program_id: int, found: Sequence[purchases.Registry]) -> list[dict[str, Any]]:
    """Registries as templates want them."""
    names = partner_names(program_id)
    return [
        {
            "id": ids.public("reg", one.id),
            "partner": names.get(one.partner_id),
            "state": one.state,
            "over": one.over,
            "size_bytes": one.size_bytes,
            "position": one.position,
            "lines": one.lines,
            "accepted": one.accepted,
            "replayed": one.replayed,
            "rejected": one.rejected,
            "suspended": one.suspended,
            "dry_run": one.dry_run,
            "points_issued": one.points_issued,
            "error": one.error,
            "created_at": one.created_at,
            "started_at": one.started_at,
            "finished_at": one.finished_at,
        }
        for one in found
    ]


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the list, by the filters in the address."""
    program = chosen_program()
    known = partners.list_partners(program.id)
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    code = request.args.get("partner", "")
    partner = next((one for one in known if one.code == code), None)
    partner_id = partner.id if partner else None
    page = purchases.list_registries(program.id, cursor, limit, state=state, partner_id=partner_id)
    return {
        **choices(program),
        "state": state,
        "partner": partner.code if partner else "",
        "partners": known,
        "registries": told(program.id, page.items),
        "next_cursor": page.next_cursor,
        "refresh_s": REFRESH_S if any(not one.over for one in page.items) and cursor is None else 0,
    }


def _one(public_id: str) -> dict[str, Any]:
    found = purchases.registry(ids.parse("reg", public_id))
    program = programs.get(found.program_id)
    use_zone(program.zone)
    page = purchases.rejections(found.id, request.args.get("cursor"), PAGE)
    return {
        "program": program,
        "registry": told(program.id, [found])[0],
        "points_decimals": programs.main_currency(program.id).decimals,
        "rejections": page.items,
        "next_cursor": page.next_cursor,
        "refresh_s": 0 if found.over else REFRESH_S,
    }


def _form(errors: forms.Errors, answers: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        known = partners.list_partners(program.id)
        return {**choices(program), "partners": known, "mappings": list(_mappings(known).values())}

    context = transact(work)
    return render_template("console/registry_new.html", nav="registries", errors=errors, answers=answers, **context)


def _mappings(known: Sequence[partners.Partner]) -> dict[str, dict[str, Any]]:
    """Every saved layout of these partners, by the value that the form sends."""
    return {
        f"{partner.code}/{one.name}": {"value": f"{partner.code}/{one.name}", "partner": partner, "mapping": one}
        for partner in known
        for one in purchases.mappings(partner.id)
    }


def _wrong(given: FileStorage | None, answers: dict[str, str]) -> forms.Errors:
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
    if given is None or not given.filename:
        errors.append(forms.error("file", "choose_file"))
    return errors


def _open(answers: dict[str, str], stored: StoredFile) -> int:
    program = chosen_program()
    partner = partners.by_code(program.id, answers["partner"])
    layout = _mappings([partner]).get(answers["mapping"])
    opened = purchases.open_registry(
        program.id,
        partner.id,
        stored,
        mapping_id=layout["mapping"].id if layout else None,
        dry_run=bool(answers["dry_run"]),
    )
    jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))
    return opened.id


def _rejected_rows(registry_id: int) -> Iterator[str]:
    yield sheets.BOM + sheets.line(["line", "code", "field", "detail"])
    cursor: str | None = None
    while True:
        page = transact(lambda at=cursor: purchases.rejections(registry_id, at, _CHUNK))  # type: ignore[misc]
        yield "".join(
            sheets.line([str(one.line), one.code, sheets.guarded(one.field), sheets.guarded(one.detail)])
            for one in page.items
        )
        cursor = page.next_cursor
        if cursor is None:
            return
