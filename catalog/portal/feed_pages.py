"""A supplier's feeds: how each fares, sending a file or only trying it, its runs, and the rows that were unusable.

What was held is decided by the operator's staff, not here.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from catalog import suppliers
from catalog.api.suppliers import quarantine_pieces
from catalog.console.feed_pages import BODY_MAX, PAGE, REFRESH_S, told
from catalog.portal.frame import blueprint, own_supplier, own_suppliers
from coalition.console import forms
from coalition.kernel import audit, ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web import sheets
from coalition.kernel.web.paging import place
from coalition.ports import FileStore

_ISSUES = 100


@blueprint.get("/feeds")
def feed_list() -> str:
    """The feeds of the partner's suppliers, each with its last run."""

    def work() -> dict[str, Any]:
        own = own_suppliers()
        return {"feeds": [_told(one, own[one.supplier_id]) for one in suppliers.feeds(list(own))]}

    return render_template("supply/feeds.html", nav="portal-feeds", **transact(work))


@blueprint.get("/feeds/<supplier>/<feed>")
def feed_page(supplier: str, feed: str) -> str:
    """One feed and its runs."""
    return _page(supplier, feed, [])


@blueprint.post("/feeds/<supplier>/<feed>")
def send_file(supplier: str, feed: str) -> Response | tuple[str, int]:
    """Send a file, or try it: it goes to the store first, then a job reads it."""
    target, given = transact(lambda: suppliers.feed(own_supplier(supplier).id, feed)), request.files.get("file")
    if given is None or not given.filename:
        return _page(supplier, feed, [forms.error("file", "choose_file")]), 422
    stored = ports.get(FileStore).put(f"uploads/{uuid.uuid4().hex}", given.stream)  # type: ignore[arg-type]
    if not stored.size:
        return _page(supplier, feed, [forms.error("file", "empty_file")]), 422
    dry_run = bool(forms.answers("dry_run")["dry_run"])

    def work() -> suppliers.FeedRun:
        audit.record("feed.sent", f"feed:{target.id}", sha256=stored.sha256, dry_run=dry_run)
        return suppliers.request_run(target.id, file_key=stored.key, dry_run=dry_run)

    return redirect(url_for("supply.run_page", run=ids.public("run", transact(work).id)), code=303)


send_file.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.get("/runs/<run>")
def run_page(run: str) -> str:
    """One run: how far it is, what it changed, and what was wrong with its rows."""

    def work() -> dict[str, Any]:
        found, feed, supplier = _own_run(run)
        return {
            "run": told(found),
            "feed": feed,
            "supplier": supplier,
            "issues": suppliers.issues(found.id, _ISSUES),
            "refresh_s": 0 if found.finished else REFRESH_S,
        }

    return render_template("supply/run.html", nav="portal-feeds", **transact(work))


@blueprint.get("/runs/<run>/quarantine.csv")
def quarantine(run: str) -> Response:
    """The rows that could not be used, as they were sent, with what is wrong with them."""
    found, _, _ = transact(lambda: _own_run(run))
    return sheets.download(stream_with_context(quarantine_pieces(found.id)), f"quarantine-{run}.csv")


def _own_run(public_id: str) -> tuple[suppliers.FeedRun, suppliers.Feed, suppliers.Supplier]:
    """A run of one of the partner's own feeds. Raises NotFound, for another's too."""
    own = own_suppliers()
    found = suppliers.run(ids.parse("run", public_id))
    feed = suppliers.get_feed(found.feed_id)
    if feed.supplier_id not in own:
        raise NotFound()
    return found, feed, own[feed.supplier_id]


def _told(feed: suppliers.Feed, supplier: suppliers.Supplier) -> dict[str, Any]:
    last = suppliers.runs(feed.id, limit=1)
    names = ("code", "scope", "format", "state", "freshness", "good_at", "last_error", "url")
    facts = {name: getattr(feed, name) for name in names}
    return {**facts, "supplier": supplier.name, "supplier_code": supplier.code, "last": told(last[0]) if last else None}


def _page(supplier: str, feed: str, errors: forms.Errors) -> str:
    def work() -> dict[str, Any]:
        owner = own_supplier(supplier)
        found = suppliers.feed(owner.id, feed)
        before = request.args.get("before", "")
        runs = suppliers.runs(found.id, before=place(before), limit=PAGE + 1)
        return {
            "feed": _told(found, owner),
            "runs": [told(run) for run in runs[:PAGE]],
            "more": runs[PAGE - 1].id if len(runs) > PAGE else None,
        }

    return render_template("supply/feed.html", nav="portal-feeds", errors=errors, **transact(work))
