"""One's own sign-in: password, address, sessions. For everybody who can sign in, whoever they belong to."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.access.factors import passkeys, policy, totp
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound, Refusal
from coalition.site import browser, sessions, viewer
from coalition.site.entering import frame
from coalition.site.entering.rp import has_a_name

blueprint = Blueprint("safety", __name__, url_prefix="/security")
_FIELDS = {
    "/password": "password",
    "weak_password": "password",
    "wrong_password": "old",
    "/email": "email",
}


@blueprint.get("")
def overview() -> str:
    """How one signs in, and where one is signed in."""
    return _page([], {})


@blueprint.post("/password")
def password() -> Response | tuple[str, int]:
    """Choose another password by the old one; every other session is over."""
    user_id, old = viewer.require_person(), request.form.get("old", "")[:200]
    errors: frame.Errors = []
    new, key = frame.new_password(errors), sessions.current_key()
    if errors:
        return _page(errors, {}), 422
    try:
        work = lambda: access.change_password(user_id, old, new, keep=key)  # noqa: E731
        frame.braked("password", str(user_id), work)
    except Refusal as refusal:
        return _refused(refusal, {})
    transact(lambda: browser.remember(user_id))
    sessions.renew()
    return redirect(url_for("safety.overview", done="password"), code=303)


@blueprint.post("/email")
def email() -> Response | tuple[str, int]:
    """Send a link to another address; it changes when the link is opened."""
    user_id, old = viewer.require_person(), request.form.get("old", "")[:200]
    given = frame.typed("email")
    try:
        frame.braked("password", str(user_id), lambda: access.ask_new_email(user_id, old, given["email"]))
    except Refusal as refusal:
        return _refused(refusal, given)
    return redirect(url_for("safety.overview", done="email_sent"), code=303)


@blueprint.get("/email/confirm")
def confirm() -> str:
    """The page that the link to a new address opens; a click changes it, so that no mail scanner does."""
    return render_template("security/confirm_email.html", token=request.args.get("token", ""), errors=[])


@blueprint.post("/email/confirm")
def confirmed() -> Response | tuple[str, int]:
    """Sign in with the new address from now on."""
    token = request.form.get("token", "")
    try:
        transact(lambda: access.confirm_new_email(token))
    except (NotFound, Conflict) as refusal:
        errors = [frame.error("", "link_over")]
        return render_template("security/confirm_email.html", token="", errors=errors), refusal.status
    return redirect(url_for("security.login", done="email"), code=303)


@blueprint.post("/sessions/end")
def end() -> Response:
    """End one other session, or all of them; then no other browser is known any longer."""
    user_id, key = viewer.require_person(), sessions.current_key()
    chosen = request.form.get("session", "")
    only = ids.parse("ses", chosen) if chosen else None

    def work() -> None:
        access.end_sessions(user_id, but=key, only=only)
        if only is None:
            access.forget_browsers(user_id, but=browser.key())

    transact(work)
    return redirect(url_for("safety.overview", done="sessions"), code=303)


def about(one: access.Session) -> dict[str, object]:
    """A session, with its browser and system in two words as far as it names them."""
    return {"browser": browser.named(one.agent), "about": one}


def _refused(refusal: Refusal, given: dict[str, str]) -> tuple[str, int]:
    if refusal.status == 429:
        raise refusal
    return _page(frame.refused(refusal, _FIELDS), given), refusal.status


def _page(errors: frame.Errors, given: dict[str, str]) -> str:
    user_id, now = viewer.require_person(), sessions.current_session()

    def work() -> dict[str, object]:
        known = access.person(user_id)
        found = [
            {"id": ids.public("ses", one.id), "mine": now is not None and one.id == now.id, **about(one)}
            for one in access.sessions_of(user_id)
        ]
        return {
            "person": known,
            "sessions": found,
            "codes_left": totp.codes_left(user_id),
            "passkeys": [(ids.public("psk", one.id), one) for one in passkeys.passkeys_of(user_id)],
            "demanded": any(on for role, on in policy.factor_demands().items() if role in known.roles),
        }

    facts = transact(work)
    return render_template("security/overview.html", errors=errors, typed=given, named=has_a_name(), **facts)
