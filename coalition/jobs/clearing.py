"""What nobody will ask for again is forgotten: dead tokens, quiet throttles, approvals out of time."""

from __future__ import annotations

from coalition import access, sandbox
from coalition.access.factors.passkeys import clear_old_challenges
from coalition.kernel import approvals, cleaning, jobs, request_log

_CHUNK = 1000


@jobs.handles("access.clear")
def clear_access(task: jobs.Task) -> None:
    """Forget dead tokens, links, sessions, browsers, challenges and throttles, and attempts of test clients."""
    people = (access.clear_old_links, access.clear_old_sessions, access.clear_old_browsers, clear_old_challenges)
    for clear in (access.clear_expired_tokens, access.clear_old_attempts, sandbox.clear_attempts, *people):
        while task.step(lambda clear=clear: clear(_CHUNK)) == _CHUNK:  # type: ignore[misc]
            pass


@jobs.handles("approvals.expire")
def expire_approvals(task: jobs.Task) -> None:
    """Close requests for a second person's approval that nobody has dealt with in time."""
    while task.step(lambda: approvals.expire(_CHUNK)) == _CHUNK:
        pass


@jobs.handles("kernel.clear")
def clear_rows(task: jobs.Task) -> None:
    """Forget old answers under idempotency keys, finished jobs and events handed over, a chunk a transaction."""
    for clear in (cleaning.clear_keys, cleaning.clear_jobs, cleaning.clear_events):
        while task.step(lambda clear=clear: clear(_CHUNK)) == _CHUNK:  # type: ignore[misc]
            pass


@jobs.handles("requests.clear")
def clear_requests(task: jobs.Task) -> None:
    """Forget requests of more than thirty days ago."""
    while task.step(lambda: request_log.clear_old(_CHUNK)) == _CHUNK:
        pass


jobs.every("requests.clear", 3600, "requests.clear")
jobs.every("access.clear", 3600, "access.clear")
jobs.every("kernel.clear", 3600, "kernel.clear")
jobs.every("approvals.expire", 3600, "approvals.expire")
