"""What members allowed apps, once it is over, is forgotten with all that came of it."""

from __future__ import annotations

from coalition.access import oauth
from coalition.kernel import jobs

_CHUNK = 1000


@jobs.handles("oauth.clear")
def clear(task: jobs.Task) -> None:
    """Forget allowances, refresh tokens and assertions that are over, a chunk a transaction."""
    for forget in (oauth.clear_allowances, oauth.clear_refresh_tokens, oauth.clear_assertions):
        while task.step(lambda forget=forget: forget(_CHUNK)) == _CHUNK:  # type: ignore[misc]
            pass


jobs.every("oauth.clear", 3600, "oauth.clear")
