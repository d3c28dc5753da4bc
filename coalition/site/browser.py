"""This browser: the cookie of a year by which it is known again, and its name in words."""

from __future__ import annotations

import secrets

from flask import Response, after_this_request, current_app, request

from coalition import access
from coalition.access.browsers import LASTS

_KEY_CHARS = 43  # of 256 bits
_BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser/", "Yandex"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def key() -> str:
    """What this browser is known by; empty before anybody has signed in here."""
    found = request.cookies.get(_name(), "")
    return found if len(found) == _KEY_CHARS else ""


def guesser(user_id: int) -> str:
    """Who guesses at a user's codes here: a browser that is known is counted by itself, so that nobody else's wrong
    codes keep its owner waiting; all others are counted as one."""
    mine = key()
    return f"{user_id} {mine}" if mine and access.is_known_browser(user_id, mine) else str(user_id)


def remember(user_id: int) -> None:
    """Know this browser again when the user comes next; in the running transaction."""
    mine = key() or secrets.token_urlsafe(32)
    access.remember_browser(user_id, mine)

    @after_this_request
    def _(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(_name(), mine, max_age=LASTS, secure=secure, httponly=True, samesite="Lax")
        return response


def named(agent: str) -> str:
    """A browser and its system in two words, as far as its user agent names them; what else it says is not told."""
    browser = next((words for sign, words in _BROWSERS if sign in agent), "")
    system = next((words for sign, words in _SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (browser, system)))


def _name() -> str:
    return "__Host-browser" if current_app.config["SESSION_COOKIE_SECURE"] else "browser"
