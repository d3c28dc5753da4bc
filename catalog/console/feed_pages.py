"""Suppliers' feeds: how each fares, its runs, sending a file by hand, and switching a feed on and off."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import suppliers
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page
from coalition.console import forms
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web.paging import place
from coalition.ports import FileStore, StoredFile
from coalition.programs import Program

PAGE = 25
REFRESH_S = 4
BODY_MAX = 2_000_000_000
_TEXTS = ("supplier", "code", "url", "scope", "format", "mapping", "every_min", "username", "secret", "host_key")
_FIELDS = {f"/{name}": name for name in _TEXTS} | {"/every_s": "every_min"}


@blueprint.get("/feeds")
def feed_list() -> str:
    """Every feed of the program with its last run, and what waits for a decision."""
    return render_template("desk/feeds.html", **page("feeds"), **transact(listed))


@blueprint.get("/feeds/new")
def new_feed() -> str:
    """The form of a feed."""
    return _form([], {})


@blueprint.post("/feeds/new")
def create_feed() -> Response | tuple[str, int]:
    """Add a feed to a supplier."""
    given = forms.answers(*_TEXTS)
    every = forms.whole(given["every_min"]) if given["every_min"] else 0
    if every is None:
        return _form([forms.error("every_min", "invalid")], given), 422

    def work() -> None:
        supplier = chosen_supplier(chosen_program(), given["supplier"])
        suppliers.create_feed(
            supplier.id,
            given["code"],
            url=given["url"] or None,
            scope=given["scope"] or suppliers.CATALOG,
            format=given["format"] or "yml",
            mapping=given["mapping"] or None,
            every_s=every * 60 or None,
            username=given["username"] or None,
            secret=given["secret"] or None,
            host_key=given["host_key"] or None,
        )

    if not forms.is_code(given["code"]):
        return _form([forms.error("code", "code")], given), 422
    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _form(errors, given), status
    return _to_feed(given["supplier"], given["code"], "feed_added")


@blueprint.get("/feeds/<supplier>/<feed>")
def feed(supplier: str, feed: str) -> str:
    """One feed: how it fares, and its runs."""
    return _page(supplier, feed, [])


@blueprint.post("/feeds/<supplier>/<feed>")
def send_file(supplier: str, feed: str) -> Response | tuple[str, int]:
    """Run the feed now, over the file that was sent (it goes to the store first) or over what its address gives."""
    found, given = transact(lambda: _feed(supplier, feed)[2]), request.files.get("file")
    dry_run = bool(forms.answers("dry_run")["dry_run"])
    stored: StoredFile | None = None
    if given is not None and given.filename:
        stored = ports.get(FileStore).put(f"uploads/{uuid.uuid4().hex}", given.stream)  # type: ignore[arg-type]
    if stored is None and not found.url:
        return _page(supplier, feed, [forms.error("file", "choose_file")]), 422
    if stored is not None and not stored.size:
        return _page(supplier, feed, [forms.error("file", "empty_file")]), 422
    key = stored.key if stored else None
    try:
        run = transact(lambda: suppliers.request_run(found.id, file_key=key, dry_run=dry_run))
    except Conflict as refusal:
        return _page(supplier, feed, [forms.error("file", refusal.code)]), 422
    return redirect(url_for("desk.run", run=ids.public("run", run.id)), code=303)


send_file.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.post("/feeds/<supplier>/<feed>/<any(enable, disable):deed>")
def switch_feed(supplier: str, feed: str, deed: str) -> Response:
    """Let a feed be fetched, or no longer."""

    def work() -> None:
        suppliers.enable_feed(_feed(supplier, feed)[2].id, enabled=deed == "enable")

    transact(work)
    return _to_feed(supplier, feed, f"feed_{deed}d")


def told(run: suppliers.FeedRun, *, age: bool = True) -> dict[str, Any]:
    """A run as templates want it."""
    names = ("state", "dry_run", "size_bytes", "rows_read", "rows_ok", "rows_quarantined", "rows_new", "rows_changed")
    more = ("rows_missing", "rows_jumped", "bytes_read", "reason_code", "reason", "holds", "waived", "decision")
    when = ("decided_by", "decided_at", "decision_reason", "created_at", "started_at", "finished_at", "snapshot_at")
    facts = {name: getattr(run, name) for name in (*names, *more, *when, "issues", "finished")}
    return {"id": ids.public("run", run.id), **facts}


def listed() -> dict[str, Any]:
    """Every feed with its last run, and what waits for a decision."""
    program = chosen_program()
    known = {one.id: one for one in suppliers.standings(program.id)}
    found = suppliers.feeds(list(known))
    held = suppliers.undecided(list(known))
    by_feed = {one.id: one for one in found}
    return {
        **choices(program),
        "feeds": [_told_feed(one, known[one.supplier_id]) for one in found],
        "held": [
            {**told(run), "supplier": known[by_feed[run.feed_id].supplier_id].name, "feed": by_feed[run.feed_id].code}
            for run in held
        ],
        "prices": len(suppliers.quarantined_prices(list(known), limit=200)),
    }


def _told_feed(feed: suppliers.Feed, supplier: suppliers.Standing) -> dict[str, Any]:
    last = suppliers.runs(feed.id, limit=1)
    names = (
        "code",
        "url",
        "scope",
        "format",
        "state",
        "freshness",
        "failures",
        "last_error",
        "every_s",
        "next_run_at",
        "good_at",
    )
    return {
        **{name: getattr(feed, name) for name in names},
        "supplier": supplier.name,
        "supplier_code": supplier.code,
        "last": told(last[0]) if last else None,
    }


def _feed(supplier: str, feed: str) -> tuple[Program, suppliers.Supplier, suppliers.Feed]:
    program = chosen_program()
    found = chosen_supplier(program, supplier)
    return program, found, suppliers.feed(found.id, feed)


def _page(supplier: str, feed: str, errors: forms.Errors) -> str:
    def work() -> dict[str, Any]:
        program, _, found = _feed(supplier, feed)
        standing = next(one for one in suppliers.standings(program.id) if one.id == found.supplier_id)
        before = request.args.get("before", "")
        runs = suppliers.runs(found.id, before=place(before), limit=PAGE + 1)
        return {
            **choices(program),
            "feed": _told_feed(found, standing),
            "guards": found.guards,
            "runs": [told(run) for run in runs[:PAGE]],
            "more": runs[PAGE - 1].id if len(runs) > PAGE else None,
            "refresh_s": REFRESH_S if any(not run.finished for run in runs) else 0,
        }

    return render_template("desk/feed.html", errors=errors, **page("feeds"), **transact(work))


def _form(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        known = suppliers.standings(program.id)
        return {
            **choices(program),
            "suppliers": [(one.code, one.name) for one in known],
            "formats": suppliers.FORMATS,
            "mappings": [(one.name, f"{owner.name}: {one.name}") for owner in known for one in _mappings(owner)],
        }

    answers = {**dict.fromkeys(_TEXTS, ""), "scope": suppliers.CATALOG, "format": "yml", **given, "secret": ""}
    return render_template("desk/feed_new.html", errors=errors, answers=answers, **page("feeds"), **transact(work))


def _mappings(supplier: suppliers.Standing) -> list[suppliers.SavedMapping]:
    """The newest version of each of a supplier's layouts."""
    return list({one.name: one for one in reversed(suppliers.mappings(supplier.id))}.values())


def _to_feed(supplier: str, feed: str, done: str) -> Response:
    program = transact(chosen_program)
    return redirect(url_for("desk.feed", supplier=supplier, feed=feed, program=program.code, done=done), code=303)


def feed_of(run: suppliers.FeedRun) -> tuple[suppliers.Feed, suppliers.Supplier]:
    """The feed of a run and its supplier. Raises NotFound for a run of another program than the chosen one."""
    found = suppliers.get_feed(run.feed_id)
    supplier = suppliers.get(found.supplier_id)
    if supplier is None:
        raise NotFound()
    return found, supplier
