"""A new password by mail: the same answer for every address, and a link that is good once and for an hour."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import language
from coalition.site import browser
from coalition.site.entering import frame

blueprint = Blueprint("resetting", __name__)
_FIELDS = {"/password": "password", "weak_password": "password"}


@blueprint.get("/reset")
def asked() -> str:
    """Where a forgotten password begins."""
    return render_template("entering/reset.html", errors=[], typed={}, sent=request.args.get("done") == "sent")


@blueprint.post("/reset")
def ask() -> Response | tuple[str, int]:
    """Answer by mail, if anybody has the address; say the same in any case."""
    given, speaks, at = frame.typed("email"), language(), request.remote_addr or ""
    if "@" not in given["email"][1:-1]:
        errors = [frame.error("email", "email")]
        return render_template("entering/reset.html", errors=errors, typed=given, sent=False), 422
    transact(lambda: access.ask_by_mail("reset", given["email"], at, speaks))
    return redirect(url_for("resetting.asked", done="sent"), code=303)


@blueprint.get("/reset/choose")
def choose() -> tuple[str, int]:
    """Choose the new password, or learn that the link is good for nothing any more."""
    return _page(request.args.get("token", ""), [])


@blueprint.post("/reset/choose")
def chosen() -> Response | tuple[str, int]:
    """Take the new password; every session is over, and signing in begins anew."""
    token = request.form.get("token", "")
    errors: frame.Errors = []
    password = frame.new_password(errors)
    if errors:
        return _page(token, errors)[0], 422
    try:
        transact(lambda: browser.remember(access.reset_password(token, password).id))
    except NotFound:
        return _page("", [])[0], 404
    except Refusal as refusal:
        return _page(token, frame.refused(refusal, _FIELDS))[0], refusal.status
    return redirect(url_for("security.login", done="reset"), code=303)


def _page(token: str, errors: frame.Errors) -> tuple[str, int]:
    try:
        found = transact(lambda: access.link_of("reset", token)) if token else None
    except NotFound:
        found = None
    page = render_template("entering/choose.html", found=found, token=token, errors=errors)
    return page, 200 if found else 404
