"""Signing in and out: Flask-Security over the room `access`, with our pages, our brake on guessing and our cookies.

Nothing loads a user until a page asks who is there: API requests carry bearers and never meet this module.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, request
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response as BaseResponse

from coalition import access
from coalition.access.sessions import LASTS as SESSION_LASTS
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.site import browser, sessions, viewer
from coalition.site.entering import invited, joining, proving, recognising, resetting
from coalition.site.entering.proving import SecondStep

blueprint = Blueprint("signin", __name__)
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_BEARER_PATHS = (
    "/api/",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/introspect",
)  # no cookie is looked at there, so nothing can be forged with one
_HOMES = {
    "member": "/account",
    "finance": "/console/settlement",
    "support": "/console",
    "admin": "/console",
    "partner": "/portal/",
    "partner_admin": "/portal/",
    "supplier": "/portal/",
    "marketer": "/console/promotions",
    "catalog": "/console/catalog",
    "auditor": "/console",
}
_csrf = CSRFProtect()


class Accounts(SQLAlchemyUserDatastore):
    """Flask-Security's way to our users; it commits through the one transaction door."""

    def commit(self) -> None:
        """Commit what signing in has changed (a password hash of a newer strength)."""
        transact(lambda: None)


class SignInForm(LoginForm):
    """E-mail and password. Every attempt counts as a failure until the password proves right."""

    remember = None  # a session lasts twelve hours and no longer

    def validate(self, **kwargs: Any) -> bool:
        """Whether this is the user. Raises TooMany while the account or the address has to wait.

        The address is brought into the form by which accounts are found, so that no other spelling is counted apart.
        """
        self.email.data = (self.email.data or "").strip()
        if not self.email.validate(self) or not self.password.data:
            return bool(super().validate(**kwargs))
        account, address = self.email.data, request.remote_addr or ""
        attempt = transact(lambda: _admit(account, address))
        if not super().validate(**kwargs):
            return False
        transact(lambda: access.forgive(attempt))
        return True


def init_app(app: Flask, config: Config) -> None:
    """Give the application sessions, sign-in pages and CSRF protection of every page."""
    app.config.update(_cookies(config), **_SECURITY)
    _csrf.init_app(app)
    app.before_request(_let_files_in)
    app.before_request(_refuse_forgery)
    app.after_request(_see_other)
    security = Security(app, Accounts(db, access.UserAccount, access.Role), login_form=SignInForm)
    security.want_json(lambda request: False)
    security.principal.identity_loaders.clear()  # it would load the user in every request, static files too
    security.two_factor_plugins = SecondStep()
    sessions.init_app(app)
    app.login_manager.request_loader(lambda request: None)  # type: ignore[attr-defined] # no tokens in addresses
    app.register_blueprint(blueprint)
    for door in (invited, resetting, joining, proving, recognising):
        app.register_blueprint(door.blueprint)


@blueprint.get("/welcome")
def welcome() -> BaseResponse:
    """Send the user who has just signed in to the page that they came for."""
    roles = [role.name for role in getattr(current_user, "roles", [])]
    return redirect(next((_HOMES[role] for role in roles if role in _HOMES), "/"), code=303)


def _let_files_in() -> None:
    """A page that takes files says how large, as its `body_max`; only staff may send so much."""
    body_max = getattr(current_app.view_functions.get(request.endpoint or ""), "body_max", None)
    if body_max and request.method == "POST" and viewer.current_staff():
        request.max_content_length = body_max


def _refuse_forgery() -> None:
    if request.method in _SAFE_METHODS or request.path.startswith(_BEARER_PATHS):
        return
    if request.is_json:
        raise UnsupportedMediaType("Pages take forms.")
    if current_app.config["WTF_CSRF_ENABLED"]:
        _csrf.protect()


def _see_other(response: Response) -> Response:
    """Flask-Security answers what was posted with 302; only 303 promises that a password is never posted on."""
    if response.status_code == 302 and request.method == "POST" and str(request.endpoint).startswith("security."):
        response.status_code = 303
    return response


def _admit(account: str, address: str) -> access.Attempt:
    key = browser.key()
    return access.admit(account, address, browser=key if key and access.knows_browser(account, key) else "")


def _cookies(config: Config) -> dict[str, Any]:
    secure = config.secure_cookies
    return {
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,  # the twelve hours count from signing in
        "PERMANENT_SESSION_LIFETIME": SESSION_LASTS,
        "WTF_CSRF_CHECK_DEFAULT": False,  # `_refuse_forgery` checks every page
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
    }


_SECURITY = {
    "SECURITY_LOGIN_URL": "/login",
    "SECURITY_LOGOUT_URL": "/logout",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/welcome",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},
    "SECURITY_PASSWORD_LENGTH_MIN": 12,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_FLASH_MESSAGES": False,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_STATIC_FOLDER": None,
    "SECURITY_CLI_USERS_NAME": False,  # its commands would leave no trail
    "SECURITY_CLI_ROLES_NAME": False,
    "SECURITY_FRESHNESS": dt.timedelta(seconds=-1),  # nothing asks for the password again yet
}
