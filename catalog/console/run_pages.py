"""One run of a feed: how far it is, what it would change, what was wrong with its rows, and what a person decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from catalog import suppliers
from catalog.console.feed_pages import REFRESH_S, feed_of, told
from catalog.console.frame import blueprint, choices, chosen_program, page
from coalition import programs
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web import sheets
from coalition.kernel.web.pages import use_zone
from coalition.kernel.web.paging import place

PAGE = 50
KINDS = ("changed", "new", "missing", "jump")
_DEEDS: dict[str, Callable[[int, str], suppliers.FeedRun]] = {
    "approve": suppliers.approve,
    "reject": suppliers.reject,
    "roll-back": suppliers.roll_back,
    "take": lambda run_id, reason: suppliers.apply_refused(run_id, ("ids", "removals"), reason),
}


@blueprint.get("/runs/<run>")
def run(run: str) -> str:
    """One run."""
    return _page(run, [], {})


@blueprint.post("/runs/<run>/<any(approve, reject, 'roll-back', take):deed>")
def decide_run(run: str, deed: str) -> Response | tuple[str, int]:
    """Take what was held, leave it, go back to this file, or take one that a guard has refused; with a reason."""
    given = forms.answers("reason")
    if not given["reason"]:
        return _page(run, [forms.error("reason", "say_why")], given), 422
    made: list[suppliers.FeedRun] = []
    number = ids.parse("run", run)
    errors, status = forms.tried(lambda: made.append(_DEEDS[deed](number, given["reason"])), {})
    if errors:
        return _page(run, errors, given), status
    done = f"run_{deed.replace('-', '_')}"
    return redirect(url_for("desk.run", run=ids.public("run", made[0].id), done=done), code=303)


@blueprint.get("/runs/<run>/quarantine.csv")
def quarantine_csv(run: str) -> Response:
    """The rows that could not be used, as they were sent, with what is wrong with them."""
    found = transact(lambda: suppliers.run(ids.parse("run", run)))
    return sheets.download(stream_with_context(_pieces(found.id)), f"quarantine-{run}.csv")


@blueprint.get("/price-quarantine")
def price_list() -> str:
    """Prices that jumped and wait for somebody."""
    return _prices([], None)


@blueprint.post("/price-quarantine/<int:price>/<any(release, refuse):deed>")
def decide_price(price: int, deed: str) -> Response | tuple[str, int]:
    """Sell at the new price, or keep the last valid one."""
    decide = suppliers.release_price if deed == "release" else suppliers.refuse_price

    def work() -> None:
        program = chosen_program()
        if suppliers.get(suppliers.quarantined_price(price).supplier_id).program_id != program.id:
            raise NotFound()
        decide(price, forms.answers("reason")["reason"] or deed)

    errors, status = forms.tried(work, {})
    if errors:
        return _prices(errors, price), status
    program = transact(chosen_program)
    return redirect(url_for("desk.price_list", program=program.code, done=f"price_{deed}d"), code=303)


def _page(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = suppliers.run(ids.parse("run", public_id))
        feed, supplier = feed_of(found)
        program = programs.get(supplier.program_id)
        use_zone(program.zone)
        samples = suppliers.samples(found.id)
        kinds = [kind for kind in KINDS if any(one.kind == kind for one in samples)]
        kind = request.args.get("kind", "")
        kind = kind if kind in kinds else (kinds[0] if kinds else "")
        return {
            **choices(program),
            "run": told(found),
            "feed": feed,
            "supplier": supplier,
            "kinds": kinds,
            "kind": kind,
            "samples": [one for one in samples if one.kind == kind],
            "issues": suppliers.issues(found.id, 100),
            "can_take": found.reason_code in suppliers.GUARDED and not found.dry_run and bool(found.file_key),
            "can_go_back": found.state in ("applied", "held") and not found.dry_run and bool(found.file_key),
            "refresh_s": 0 if found.finished else REFRESH_S,
        }

    return render_template("desk/run.html", errors=errors, answers=given, **page("feeds"), **transact(work))


def _prices(errors: forms.Errors, price: int | None) -> str:
    context = transact(lambda: listed(request.args.get("before"), PAGE))
    return render_template("desk/price_quarantine.html", errors=errors, wrong=price, **page("feeds"), **context)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """Prices that wait, the latest first, behind the id `cursor`."""
    program = chosen_program()
    known = {one.id: one.name for one in suppliers.standings(program.id)}
    before = place(cursor)
    found = suppliers.quarantined_prices(list(known), before=before, limit=limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    told = {"prices": found[:limit], "names": known, "more": more, "next_cursor": more and str(more)}
    return {**choices(program), **told}


def _pieces(run_id: int) -> Iterator[str]:
    after: int | None = 0
    while after is not None:
        piece, after = transact(lambda at=after: suppliers.quarantine_csv(run_id, at))  # type: ignore[misc]
        yield piece
