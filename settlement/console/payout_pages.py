"""Finance's pages for payments: runs, one run with what can be done about it, and money nobody has explained yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition.console import forms
from coalition.console.frame import choices, chosen_program
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.site.viewer import require_role
from settlement import payouts
from settlement.console import payout_view
from settlement.ports import PayoutProvider

blueprint = Blueprint("payouts", "settlement", template_folder="templates", url_prefix="/console/payouts")
_PROVIDERS = ("stripe", "bank")
_REASON_MAX = 500
Answer = Response | tuple[str, int]


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """The runs, what could be paid next, and receipts that nobody has explained yet."""
    return _index([])


@blueprint.post("")
def record() -> Answer:
    """Record the run of a closed period."""
    given = forms.answers("period", "supplementary")

    def work() -> payouts.Run:
        more = given["supplementary"] == "yes"
        return payouts.prepare(chosen_program().id, given["period"], supplementary=more)

    try:
        run = transact(work)
    except Refusal as refusal:
        return _index([forms.error("", refusal.code, refusal.detail)]), refusal.status
    return _to_run(run.id, "run_recorded")


@blueprint.get("/runs/<run>")
def run(run: str) -> str:
    """One run: its payments, where each of them stands, and what can be done now."""
    return _run(ids.parse("run", run), [])


@blueprint.post("/runs/<run>/reserve")
def reserve(run: str) -> Answer:
    """Fix the accounts and ask for a second person."""
    bound = [name for name in _PROVIDERS if ports.bound(PayoutProvider, name=name)]
    leave_out = request.form.get("leave_out") == "yes"
    return _do(run, lambda number: payouts.reserve(number, bound, leave_out=leave_out), "run_reserved")


@blueprint.post("/runs/<run>/commit")
def commit(run: str) -> Answer:
    """Approve exactly what was shown, as the second person; the providers are asked at once."""
    return _do(run, lambda number: payouts.commit(number, forms.seen()), "run_committed")


@blueprint.post("/runs/<run>/abort")
def abort(run: str) -> Answer:
    """Give the run up, with a reason."""
    reason = forms.answers("reason")["reason"]
    if not 1 <= len(reason) <= _REASON_MAX:
        return _run(ids.parse("run", run), [forms.error("reason", "say_why")]), 422
    return _do(run, lambda number: payouts.abort(number, reason), "run_aborted")


@blueprint.post("/payments/<ref>/<any(retry, drop):deed>")
def decide(ref: str, deed: str) -> Answer:
    """Ask for a refused payment again, or give it up."""
    found = transact(lambda: payouts.find(ref))
    act = payouts.retry if deed == "retry" else payouts.drop
    return _do(ids.public("run", found.run_id), lambda _: act(found.id), f"payment_{deed}")


@blueprint.post("/receipts/<int:number>/match")
def match(number: int) -> Answer:
    """Say what money was for."""
    ref = request.form.get("payment", "")

    def work() -> None:
        program = chosen_program()
        found = payouts.find(ref)
        if found.program_id != program.id:
            raise NotFound()
        payouts.match(number, found.id)

    try:
        transact(work)
    except NotFound:
        return _index([forms.error(f"payment_{number}", "choose")]), 422
    except Refusal as refusal:
        return _index([forms.error("", refusal.code, refusal.detail)]), refusal.status
    return redirect(url_for("payouts.index", done="receipt_matched"), code=303)


def _do(run: str, work: Callable[[int], object], done: str) -> Answer:
    number = ids.parse("run", run)
    try:
        transact(lambda: work(number))
    except NotFound:
        raise
    except Refusal as refusal:
        return _run(number, [forms.error("", refusal.code, refusal.detail)]), refusal.status
    return _to_run(number, done)


def _to_run(number: int, done: str) -> Response:
    return redirect(url_for("payouts.run", run=ids.public("run", number), done=done), code=303)


def _index(errors: forms.Errors) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        return {**choices(program), **payout_view.overview(program, *map(request.args.get, ("cursor", "before")))}

    return render_template("settlement/payouts.html", nav="settlement", errors=errors, **transact(work))


def _run(number: int, errors: forms.Errors) -> str:
    context = transact(lambda: payout_view.run(number))
    return render_template("settlement/payout_run.html", nav="settlement", errors=errors, **context)
