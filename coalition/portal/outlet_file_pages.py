"""A file of outlets: tried, then brought in by the same reading; and the outlets in the layout that the file has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import Response, render_template, request, stream_with_context

from coalition.console import forms
from coalition.kernel.db import transact
from coalition.kernel.web import sheets
from coalition.partners import places
from coalition.partners.places import COLUMNS, ROWS_MAX, Brought, Wanted
from coalition.portal.frame import blueprint, manager, viewer

_CHUNK = 500


@blueprint.get("/outlet-file")
def outlet_file() -> str:
    """The form that takes a file of outlets."""
    transact(manager)
    return _page([], None, dry_run=True)


@blueprint.post("/outlet-file")
def bring_outlets() -> str | tuple[str, int]:
    """Try the file, or keep what it says: all of it or nothing."""
    transact(manager)
    given, dry_run = request.files.get("file"), request.form.get("do") != "keep"
    if given is None or not given.filename:
        return _page([forms.error("file", "choose_file")], None, dry_run=dry_run), 422
    content = given.stream.read()
    if not content.strip():
        return _page([forms.error("file", "empty_file")], None, dry_run=dry_run), 422
    found = transact(lambda: places.bring(manager().partner_id, content, dry_run=dry_run))
    return _page([], found, dry_run=dry_run), 422 if found.wrong else 200


@blueprint.get("/outlet-file/layout.csv")
def outlet_layout() -> Response:
    """Every outlet in the layout of the file that comes in."""
    partner_id = transact(viewer).partner_id
    return sheets.download(stream_with_context(_lines(partner_id)), "outlets.csv")


def _lines(partner_id: int) -> Iterator[str]:
    yield sheets.BOM + sheets.line(COLUMNS)
    cursor: str | None = None
    while True:
        page = transact(partial(places.kept, Wanted(partner_id), cursor, _CHUNK))
        for one in page.items:
            texts = one.card.texts("; ")
            yield sheets.line(
                texts[name] if name in ("lat", "lon") else sheets.guarded(texts[name]) for name in COLUMNS
            )
        cursor = page.next_cursor
        if cursor is None:
            return


def _page(errors: forms.Errors, found: Brought | None, *, dry_run: bool) -> str:
    more = {"columns": COLUMNS, "rows_max": ROWS_MAX, "dry_run": dry_run, "found": found, "errors": errors}
    return render_template("portal/outlet_file.html", nav="portal-outlets", **more)
