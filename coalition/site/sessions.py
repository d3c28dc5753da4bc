"""The browser's session: a random key in the signed cookie, whose row on the server says whether it still counts.

Signing in always makes a new session and a new form token; nothing that a stranger put into the cookie survives it.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Request, Response, after_this_request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import user_logged_in, user_logged_out
from flask_security.utils import login_user
from sqlalchemy import select

from coalition import access
from coalition.access import UserAccount
from coalition.kernel import audit
from coalition.kernel.db import db, transact
from coalition.kernel.web.api import PREFIX
from coalition.site import browser

_KEY = "key"
_KEPT = ("fs_cc", "fs_paa", "identity.id", "identity.auth_type", "_user_id", "_fresh", "_id")


class _Cookies(SecureCookieSessionInterface):
    """The signed cookie. Whoever calls the API is known by a token: no cookie is read there, and none is given."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a page's request; None for the API's, where nobody may write into one."""
        return None if request.path.startswith(f"{PREFIX}/") else super().open_session(app, request)


def init_app(app: Flask) -> None:
    """Let sign-ins open a session and sign-outs end it; a user without a living session is nobody."""
    app.session_interface = _Cookies()
    app.login_manager.user_loader(_load)  # type: ignore[attr-defined]
    user_logged_in.connect(_opened, app)
    user_logged_out.connect(_closed, app)


def enter(user_id: int, factor: str) -> None:
    """Sign a user in who has proven to be there by `factor`; outside of a transaction."""
    user = db.session.get(UserAccount, user_id, populate_existing=True)
    if user is None or not user.active:
        return
    g.entered_by = factor
    login_user(user)


def current_session() -> access.Session | None:
    """The living session of this request, once the user was asked for."""
    return cast("access.Session | None", g.get("session"))


def current_key() -> str:
    """The key of this browser's session; empty without one."""
    return str(session.get(_KEY, ""))


def renew(factor: str | None = None) -> None:
    """Give this browser another key, since what it may do has changed; perhaps with a stronger `factor`."""
    key = current_key()
    session[_KEY] = transact(lambda: access.renew_session(key, factor))
    session.pop("csrf_token", None)


def _load(uniquifier: str) -> UserAccount | None:
    key = current_key()
    found = access.session_of(key) if key else None
    if found is None:
        return None
    query = select(UserAccount).where(UserAccount.fs_uniquifier == uniquifier, UserAccount.active)
    user = db.session.scalar(query)
    if user is None or user.id != found.user_id:
        return None
    g.session = found
    if access.is_due(found):
        _note_later(found.id)
    return user


def _note_later(session_id: int) -> None:
    @after_this_request
    def _(response: Response) -> Response:
        transact(lambda: access.note_use(session_id))
        return response


def _opened(_: Flask, user: UserAccount, **__: Any) -> None:
    for name in [name for name in session if name not in _KEPT]:
        session.pop(name)
    factor, agent = g.pop("entered_by", "password"), request.user_agent.string
    session[_KEY] = transact(lambda: _open(user, factor, agent))
    session.permanent = True


def _open(user: UserAccount, factor: str, agent: str) -> str:
    origin = audit.origin()
    audit.set_origin(audit.Origin(f"user:{user.id}", origin.ip, origin.request_id))
    audit.record("user.signed_in", f"user:{user.id}", factor=factor)
    browser.remember(user.id)
    return access.open_session(user.id, factor, agent, idles=not user.owner_ref.startswith("member:"))


def _closed(_: Flask, **__: Any) -> None:
    key = session.pop(_KEY, "")
    if key:
        transact(lambda: access.end_session(key))
