"""What nobody will ask for again is forgotten: dead tokens, their families, quiet throttles, approvals out of time."""

from __future__ import annotations

from coalition import access, sandbox
<<<<<<< HEAD
from coalition.access import oauth
=======
from coalition.access.factors.passkeys import clear_old_challenges
>>>>>>> main
from coalition.kernel import approvals, jobs

_CHUNK = 1000


@jobs.handles("access.clear")
def clear_access(task: jobs.Task) -> None:
<<<<<<< HEAD
    """Forget dead tokens and families, quiet throttles and attempts of test clients, a chunk a transaction."""
    families = (oauth.clear_families, oauth.clear_refresh_tokens, oauth.clear_assertions)
    quiet = (access.clear_expired_tokens, access.clear_old_attempts, sandbox.clear_attempts)
    for clear in (*quiet, *families):
=======
    """Forget dead tokens, links and sessions, quiet throttles, unanswered challenges and attempts of test clients."""
    people = (access.clear_old_links, access.clear_old_sessions, clear_old_challenges)
    for clear in (access.clear_expired_tokens, access.clear_old_attempts, sandbox.clear_attempts, *people):
>>>>>>> main
        while task.step(lambda clear=clear: clear(_CHUNK)) == _CHUNK:  # type: ignore[misc]
            pass


@jobs.handles("approvals.expire")
def expire_approvals(task: jobs.Task) -> None:
    """Close requests for a second person's approval that nobody has dealt with in time."""
    while task.step(lambda: approvals.expire(_CHUNK)) == _CHUNK:
        pass


jobs.every("access.clear", 3600, "access.clear")
jobs.every("approvals.expire", 3600, "approvals.expire")
