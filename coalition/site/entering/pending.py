"""Between the password and the session: whose password was right a moment ago, and whither they were going."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, session
from werkzeug.wrappers import Response

from coalition.kernel import clock
from coalition.kernel.db import fetch_one
from coalition.site import sessions
from coalition.site.preferences import safe_path

_PENDING = "pending"
_PATIENCE_S = 600


def begin(user: Any, **facts: str) -> None:
    """The password of a user was right; the next step may need `facts`, which the browser can read."""
    now, whither = int(clock.now().timestamp()), safe_path(request.args.get("next") or "/welcome")
    session[_PENDING] = {"user": user.fs_uniquifier, "at": now, "next": whither, **facts}


def whose() -> int | None:
    """The user whose password was right a moment ago."""
    kept = session.get(_PENDING)
    if not kept or clock.now().timestamp() - kept["at"] > _PATIENCE_S:
        return None
    row = fetch_one("SELECT id FROM user_account WHERE fs_uniquifier = :key AND active", {"key": kept["user"]})
    return int(row.id) if row else None


def fact(name: str) -> str:
    """One of the facts of `begin`; empty if there is none."""
    return str((session.get(_PENDING) or {}).get(name, ""))


def keep(name: str, value: str) -> None:
    """Another value for one of the facts."""
    session[_PENDING] = {**session[_PENDING], name: value}


def finish(user_id: int, factor: str) -> Response:
    """Sign the user in and lead them to where they were going."""
    whither = fact("next") or "/welcome"
    session.pop(_PENDING, None)
    sessions.enter(user_id, factor)
    return redirect(whither, code=303)


def late() -> tuple[str, int]:
    """The page for who took too long, or has not begun."""
    return render_template("entering/late.html"), 404
