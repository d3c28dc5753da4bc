"""The second step of signing in: a code of the app, a recovery code, or a passkey, which is both steps in one.

Who has no second factor and comes with a browser that is new is asked for a code out of their mailbox (`recognising`).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_security.tf_plugin import TfPlugin
from werkzeug.wrappers import Response

from coalition.access.factors import passkeys, policy, totp
from coalition.kernel.db import transact
from coalition.kernel.errors import Forbidden
from coalition.site.entering import frame, pending, recognising
from coalition.site.entering.rp import site

blueprint = Blueprint("proving", __name__)
_STEP = "factor"


class SecondStep(TfPlugin):
    """Flask-Security's hook between the password and the session: who has a second factor is asked for it first."""

    def tf_enter(self, user: Any, remember_me: Any, primary_authn_via: str, next_loc: str | None) -> Any:
        """The way to the second step, or None: there is none."""
        if not transact(lambda: policy.has_factor(user.id)):
            return recognising.enter(user)
        pending.begin(_STEP, user)
        return redirect(url_for("proving.asked"), code=303)


@blueprint.get("/factor")
def asked() -> str | tuple[str, int]:
    """Ask for the second factor; whoever has not given a password a moment ago begins anew."""
    user_id = pending.whose(_STEP)
    return pending.late() if user_id is None else _form(user_id, [])


@blueprint.post("/factor")
def prove() -> Response | tuple[str, int]:
    """Look at a code. Raises TooMany after five wrong ones."""
    user_id, code = pending.whose(_STEP), request.form.get("code", "")[:60]
    if user_id is None:
        return pending.late()
    try:
        factor = frame.coded(user_id, lambda: totp.use_code(user_id, code))
    except Forbidden:
        return _form(user_id, [frame.error("code", "wrong_code")]), 422
    return pending.finish(user_id, factor)


@blueprint.post("/passkey")
def ask_passkey() -> str:
    """Ask the browser for a passkey; needs its script."""
    here = site()
    return render_template("entering/passkey.html", options=transact(lambda: passkeys.ask_passkey(here)), errors=[])


@blueprint.post("/passkey/prove")
def prove_passkey() -> Response | tuple[str, int]:
    """Sign in whoever the passkey names."""
    here, answer = site(), request.form.get("answer", "")
    try:
        user_id = transact(lambda: passkeys.prove_passkey(here, answer))
    except Forbidden:
        options = transact(lambda: passkeys.ask_passkey(here))
        errors = [frame.error("", "bad_passkey")]
        return render_template("entering/passkey.html", options=options, errors=errors), 422
    return pending.finish(user_id, "passkey")


def _form(user_id: int, errors: list[dict[str, Any]]) -> str:
    """The question; a passkey is offered to who has one only."""
    keys = transact(lambda: passkeys.passkeys_of(user_id))
    return render_template("entering/factor.html", errors=errors, has_passkey=bool(keys))
