"""The jobs' door of this floor: what is done on a schedule or after a commit."""

from __future__ import annotations

from flask import Flask

from coalition import access
from coalition.kernel import jobs

_CHUNK = 1000


def init_app(app: Flask) -> None:
    """Importing this module has registered its handlers and schedules."""


@jobs.handles("access.clear")
def clear_access(task: jobs.Task) -> None:
    """Forget dead tokens and quiet throttles, a chunk a transaction."""
    for clear in (access.clear_expired_tokens, access.clear_old_attempts):
        while task.step(lambda clear=clear: clear(_CHUNK)) == _CHUNK:  # type: ignore[misc]
            pass


jobs.every("access.clear", 3600, "access.clear")
