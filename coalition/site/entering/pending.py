"""Between the password and the session: whose password was right a moment ago, and whither they were going.

The signed cookie says which step comes next, so that an easier one does not stand in for it, and what the account was
entered with, so that another password or address ends whatever the old one has begun.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import redirect, render_template, request, session
from werkzeug.wrappers import Response

from coalition.kernel import clock
from coalition.kernel.db import fetch_one
from coalition.site import sessions
from coalition.site.preferences import safe_path

_PENDING = "pending"
_PATIENCE_S = 600


def begin(step: str, user: Any, **facts: str) -> None:
    """The password of a user was right; the next `step` may need `facts`, which the browser can read."""
    whither = safe_path(request.args.get("next") or "/welcome")
    known = {"user": user.fs_uniquifier, "with": _mark(user.email, user.password)}
    session[_PENDING] = {"step": step, **known, "at": _now_s(), "next": whither, **facts}


def whose(step: str) -> int | None:
    """The user whose password was right a moment ago, and for whom this step is the next one."""
    kept = session.get(_PENDING)
    if not kept or kept.get("step") != step or _now_s() - kept["at"] > _PATIENCE_S:
        return None
    sql = "SELECT id, email, password FROM user_account WHERE fs_uniquifier = :key AND active"
    row = fetch_one(sql, {"key": kept["user"]})
    return int(row.id) if row and _mark(row.email, row.password) == kept["with"] else None


def fact(name: str) -> str:
    """One of the facts of `begin`; empty if there is none."""
    return str((session.get(_PENDING) or {}).get(name, ""))


def renew(**facts: str) -> None:
    """Let the step begin anew, with other facts."""
    session[_PENDING] = {**session[_PENDING], "at": _now_s(), **facts}


def finish(user_id: int, factor: str) -> Response:
    """Sign the user in and lead them to where they were going."""
    whither = fact("next") or "/welcome"
    session.pop(_PENDING, None)
    sessions.enter(user_id, factor)
    return redirect(whither, code=303)


def late() -> tuple[str, int]:
    """The page for who took too long, or has not begun."""
    return render_template("entering/late.html"), 404


def _now_s() -> int:
    return int(clock.now().timestamp())


def _mark(email: str, password: str) -> str:
    """What an account is entered with, as it is now; it tells nothing of either: the hash is salted."""
    return hashlib.sha256(f"{email} {password}".encode()).hexdigest()[:32]
