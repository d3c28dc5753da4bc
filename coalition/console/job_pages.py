"""Jobs and queues: what waits and for how long, what is stuck or was given up, and trying again or giving up by hand.

Administrators act, with a reason where something is given up; auditors look. The page tells what `/readyz` tells.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition.console import forms
from coalition.console.administration import blueprint
from coalition.console.frame import first_program
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.jobs import watching
from coalition.kernel.web import health
from coalition.kernel.web.pages import use_zone

PAGE = 50
_TEXT_MAX = 100


@blueprint.get("/jobs")
def job_list() -> str:
    """How the queues stand, and the jobs in one state."""
    reasons = health.reasons()
    context = transact(lambda: {**queues(), **listed(request.args.get("cursor"), PAGE)})
    return render_template("console/jobs.html", nav="jobs", reasons=reasons, **context)


@blueprint.get("/jobs/<int:number>")
def job(number: int) -> str:
    """One job, and what can be done about it."""
    return _page(number, [], {})


@blueprint.post("/jobs/<int:number>/<any(retry, cancel):deed>")
def handle_job(number: int, deed: str) -> Response | tuple[str, int]:
    """Let it be tried again, or have it done no more."""
    given = forms.answers("reason")
    if deed == "cancel" and not given["reason"]:
        return _page(number, [forms.error("reason", "say_why")], given), 422
    act = (lambda: watching.retry(number)) if deed == "retry" else (lambda: watching.cancel(number, given["reason"]))
    errors, status = forms.tried(act, {})
    if errors:
        return _page(number, errors, given), status
    return redirect(url_for("administration.job", number=number, done=f"job_{deed}"), code=303)


@blueprint.post("/jobs/retry")
def retry_jobs() -> Response:
    """Let every job of a kind that was given up be tried again."""
    kind = request.form.get("kind", "")[:_TEXT_MAX]
    if not transact(lambda: watching.retry_all(kind)):
        raise NotFound()
    return redirect(url_for("administration.job_list", done="jobs_retried"), code=303)


def queues() -> dict[str, Any]:
    """How every kind of jobs stands, the events that wait, and the schedules."""
    loads = watching.loads()
    names = ("due", "later", "running", "stuck", "dead")
    return {
        "loads": loads,
        "sums": {name: sum(getattr(one, name) for one in loads) for name in names},
        "oldest_s": max((one.oldest_s or 0 for one in loads), default=0),
        "backlog": watching.backlog(),
        "schedules": watching.schedules(),
        "now": clock.now(),
    }


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the jobs in the state and of the kind that the address names; of those given up, if it names none."""
    use_zone(_zone())
    state, kind = request.args.get("state", ""), request.args.get("kind", "")[:_TEXT_MAX]
    state = state if state in watching.STATES else "dead"
    found = watching.listed(state, kind, cursor, limit)
    chosen = {"state": state, "kind": kind, "states": watching.STATES}
    return {**chosen, "jobs": found.items, "next_cursor": found.next_cursor}


def _zone() -> str:
    """The first program's zone: an installation without programs has jobs, too."""
    try:
        return first_program().zone
    except NotFound:
        return "UTC"


def _page(number: int, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> watching.Watched:
        use_zone(_zone())
        return watching.seen(number)

    return render_template("console/job.html", nav="jobs", job=transact(work), errors=errors, answers=given)
