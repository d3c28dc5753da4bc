"""A browser that is new: beside the password it takes a code out of the user's mailbox, once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, letters
from coalition.access.factors import policy
from coalition.kernel import audit, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.ports import Mailer
from coalition.site import browser
from coalition.site.entering import frame, pending

blueprint = Blueprint("recognising", __name__)
_STEP = "browser"
_HALF = "half"  # of the code: what the browser keeps of it


def enter(user: Any) -> Response | None:
    """The way to this step, the code being on its way; None if the browser is known, or no way of mails is set up."""
    if not ports.bound(Mailer) or not transact(lambda: access.is_new_browser(user.id, browser.key())):
        return None
    pending.begin(_STEP, user, **{_HALF: _send(user.id)})
    return redirect(url_for("recognising.asked"), code=303)


@blueprint.get("/browser")
def asked() -> str | tuple[str, int]:
    """Ask for the code; whoever has not given a password a moment ago begins anew."""
    user_id = _whose()
    return pending.late() if user_id is None else _form(user_id, [])


@blueprint.post("/browser")
def prove() -> Response | tuple[str, int]:
    """Look at a code. Raises TooMany after five wrong ones."""
    user_id, code = _whose(), request.form.get("code", "")[:20]
    if user_id is None:
        return pending.late()
    try:
        frame.coded(user_id, lambda: _use(user_id, code))
    except NotFound:
        return _form(user_id, [frame.error("code", "wrong_code")]), 422
    return pending.finish(user_id, "mail")


@blueprint.post("/browser/again")
def again() -> Response | tuple[str, int]:
    """Send another code. Raises TooMany after a few."""
    user_id = _whose()
    if user_id is None:
        return pending.late()
    pending.renew(**{_HALF: _send(user_id)})
    return redirect(url_for("recognising.asked", done="sent"), code=303)


def _whose() -> int | None:
    """Who has given a password a moment ago, unless they have a second factor by now: then a mailbox is not enough."""
    user_id = pending.whose(_STEP)
    return None if user_id is None or transact(lambda: policy.has_factor(user_id)) else user_id


def _send(user_id: int) -> str:
    """Write the letter with the code; the browser's half of it. Raises TooMany after a few."""
    agent, ip = request.user_agent.string, audit.origin().ip

    def work() -> str:
        known = access.user(user_id)
        half, code = access.make_code(known.email, user_id)
        facts = {"code": code, "browser": browser.named(agent), "ip": ip}
        letters.post("browser_code", known.email, known.language, page=url_for("resetting.asked"), **facts)
        return half

    return frame.braked("letter", str(user_id), work)


def _use(user_id: int, code: str) -> None:
    access.use_code(pending.fact(_HALF), code)
    access.pardon("letter", str(user_id))


def _form(user_id: int, errors: frame.Errors) -> str:
    hint = transact(lambda: access.hinted(access.user(user_id).email))
    return render_template("entering/browser.html", errors=errors, hint=hint)
