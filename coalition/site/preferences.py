"""The viewer's language and theme: two cookies, set by one small form that works without script.

It keeps nothing in the database and may send the viewer back only to a page of this site.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response

from coalition.kernel.web.language import COOKIE as LANGUAGE_COOKIE
from coalition.kernel.web.language import LOCALES
from coalition.kernel.web.pages import THEME_COOKIE, THEMES

blueprint = Blueprint("pages", __name__)
_YEAR_S = 365 * 24 * 3600


@blueprint.post("/preferences")
def preferences() -> Response:
    """Remember the choices that are in the form, ignore what is not offered, and go back to `return_to`."""
    response = make_response(redirect(safe_path(request.form.get("return_to", "/")), code=303))
    for cookie, allowed in ((LANGUAGE_COOKIE, LOCALES), (THEME_COOKIE, THEMES)):
        chosen = request.form.get(cookie, "")
        if chosen in allowed:
            response.set_cookie(
                cookie, chosen, max_age=_YEAR_S, httponly=True, samesite="Lax", secure=request.is_secure
            )
    return response


def safe_path(target: str) -> str:
    """`target` if it is a path of this site, else "/". Never another host: no scheme, no `//`, no backslash."""
    parts = urlsplit(target)
    own = target.startswith("/") and not target.startswith("//") and not parts.scheme and not parts.netloc
    clean = "\\" not in target and target.isprintable()
    return target if own and clean else "/"
