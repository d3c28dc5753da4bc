"""What nobody will ask for again is forgotten: dead tokens, quiet throttles, approvals out of time."""

from __future__ import annotations

from coalition import access, sandbox
from coalition.kernel import approvals, jobs

_CHUNK = 1000


@jobs.handles("access.clear")
def clear_access(task: jobs.Task) -> None:
    """Forget dead tokens, quiet throttles and attempts of test clients, a chunk a transaction."""
    for clear in (access.clear_expired_tokens, access.clear_old_attempts, sandbox.clear_attempts):
        while task.step(lambda clear=clear: clear(_CHUNK)) == _CHUNK:  # type: ignore[misc]
            pass


@jobs.handles("approvals.expire")
def expire_approvals(task: jobs.Task) -> None:
    """Close requests for a second person's approval that nobody has dealt with in time."""
    while task.step(lambda: approvals.expire(_CHUNK)) == _CHUNK:
        pass


jobs.every("access.clear", 3600, "access.clear")
jobs.every("approvals.expire", 3600, "approvals.expire")
