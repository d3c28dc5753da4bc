"""One's own second factors: an authenticator app with its recovery codes, and passkeys.

Adding or removing one takes the password, and is told by mail, so that nobody gets one without knowing.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, letters
from coalition.access.factors import passkeys, totp
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Forbidden, Refusal, TooMany
from coalition.site import sessions, viewer
from coalition.site.entering import frame
from coalition.site.entering.rp import site

blueprint = Blueprint("factors", __name__, url_prefix="/security")
_ISSUER = "Coalition"


@blueprint.post("/app")
def begin() -> Response | tuple[str, int]:
    """Make a secret for an app; it counts once a code of it was shown."""
    wrong = _password_errors(lambda user_id: totp.begin_totp(user_id, _ISSUER))
    return wrong or redirect(url_for("factors.setup"), code=303)


@blueprint.get("/app")
def setup() -> Response | str:
    """The secret to scan or to type, and a field for the first code."""
    user_id = viewer.require_person()
    return _setup(user_id, []) or redirect(url_for("safety.overview"), code=303)


@blueprint.post("/app/confirm")
def confirm() -> Response | str | tuple[str, int]:
    """Use the app from now on; show the recovery codes, once."""
    user_id, code = viewer.require_person(), request.form.get("code", "").strip()[:20]

    def work() -> list[str]:
        codes = totp.confirm_totp(user_id, code)
        _tell(user_id)
        return codes

    try:
        codes = frame.coded(user_id, work)
    except Forbidden:
        wrong = _setup(user_id, [frame.error("code", "wrong_code")])
        return (wrong, 422) if wrong else redirect(url_for("safety.overview"), code=303)
    sessions.renew("totp")
    return render_template("security/codes.html", codes=codes)


@blueprint.post("/app/remove")
def remove() -> Response | tuple[str, int]:
    """Forget the app and its codes."""
    return _without(totp.drop_totp)


@blueprint.post("/codes")
def codes() -> str | tuple[str, int]:
    """Ten new recovery codes in place of the old ones; the old ones are good for nothing any more."""
    fresh: list[str] = []
    wrong = _password_errors(lambda user_id: fresh.extend(totp.renew_codes(user_id)))
    return wrong or render_template("security/codes.html", codes=fresh)


@blueprint.post("/passkeys")
def begin_passkey() -> str | tuple[str, int]:
    """Ask the browser to make a passkey; needs its script."""
    here, options = site(), list[str]()
    wrong = _password_errors(lambda user_id: options.append(passkeys.begin_passkey(user_id, here)))
    return wrong or render_template("security/passkey.html", options=options[0], errors=[])


@blueprint.post("/passkeys/add")
def add_passkey() -> Response | tuple[str, int]:
    """Keep the passkey that the browser has made; one that is not taken is begun anew, with the password."""
    user_id, here = viewer.require_person(), site()
    answer, name = request.form.get("answer", ""), request.form.get("name", "")

    def work() -> None:
        passkeys.add_passkey(user_id, here, answer, name)
        _tell(user_id)

    try:
        transact(work)
    except (Forbidden, Conflict) as refusal:
        return render_template("security/refused.html", errors=[frame.error("", refusal.code)]), 422
    sessions.renew("passkey")
    return redirect(url_for("safety.overview", done="passkey"), code=303)


@blueprint.post("/passkeys/<passkey>/remove")
def remove_passkey(passkey: str) -> Response | tuple[str, int]:
    """Forget a passkey."""
    return _without(lambda user_id: passkeys.drop_passkey(user_id, ids.parse("psk", passkey)))


def _password_errors(deed: Callable[[int], object]) -> tuple[str, int] | None:
    """Do it if the password that came along is right; else the page that says so."""
    user_id, old = viewer.require_person(), request.form.get("old", "")[:200]

    def work() -> None:
        access.prove_password(user_id, old)
        deed(user_id)

    try:
        frame.braked("password", str(user_id), work)
    except TooMany:
        raise
    except Refusal as refusal:
        return render_template("security/refused.html", errors=[frame.error("", refusal.code)]), refusal.status
    return None


def _without(deed: Callable[[int], None]) -> Response | tuple[str, int]:
    def work(user_id: int) -> None:
        deed(user_id)
        _tell(user_id)

    if wrong := _password_errors(work):
        return wrong
    sessions.renew()
    return redirect(url_for("safety.overview", done="factor"), code=303)


def _tell(user_id: int) -> None:
    known = access.user(user_id)
    letters.post("factor_changed", known.email, known.language, page="/reset")


def _setup(user_id: int, errors: frame.Errors) -> str | None:
    found = transact(lambda: totp.pending_totp(user_id, _ISSUER))
    if found is None:
        return None
    import segno

    picture = segno.make(found.uri, error="m").svg_data_uri(scale=5, border=2)
    secret = " ".join(found.secret[at : at + 4] for at in range(0, len(found.secret), 4))
    return render_template("security/app.html", picture=picture, secret=secret, errors=errors)
