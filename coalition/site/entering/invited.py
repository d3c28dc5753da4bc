"""The page that an invitation opens: choose a password, and be somebody of the staff or of a partner."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import language
from coalition.site import sessions
from coalition.site.entering import frame

blueprint = Blueprint("invited", __name__)
_FIELDS = {"/password": "password", "weak_password": "password"}


@blueprint.get("/invitation")
def invitation() -> str | tuple[str, int]:
    """What the link is good for, or that it is good for nothing any more."""
    return _page(request.args.get("token", ""), [])


@blueprint.post("/invitation")
def accept() -> Response | tuple[str, int]:
    """Choose a password and come in."""
    token = request.form.get("token", "")
    errors: frame.Errors = []
    password = frame.new_password(errors)
    if errors:
        return _page(token, errors)[0], 422
    try:
        user = transact(lambda: access.accept_invitation(token, password, language=language()))
    except NotFound:
        return _page("", [])[0], 404
    except Refusal as refusal:
        return _page(token, frame.refused(refusal, _FIELDS))[0], refusal.status
    sessions.enter(user.id, "password")
    return redirect(url_for("signin.welcome"), code=303)


def _page(token: str, errors: frame.Errors) -> tuple[str, int]:
    try:
        found = transact(lambda: access.invitation_of(token)) if token else None
    except NotFound:
        found = None
    status = 200 if found else 404
    return render_template("entering/invitation.html", invitation=found, token=token, errors=errors), status
