"""Registering: an address first, then, by the link that was mailed to it, a name, a password and the texts agreed to.

Who follows the link has shown that the mailbox is theirs. A card is linked only if its member has this very address on
file: a card number and a name are no proof. The first page says the same for every address.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, members, partners, programs
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, NotFound, Refusal
from coalition.kernel.idempotency import request_hash
from coalition.kernel.web.pages import language
from coalition.site import sessions, viewer
from coalition.site.entering import frame

blueprint = Blueprint("joining", __name__)
TEXT_VERSION = "2026-11"
_FIELDS = {
    "/password": "password",
    "weak_password": "password",
    "/card": "card",
    "/profile/first_name": "first_name",
    "/profile/last_name": "last_name",
    "/identifiers/0": "card",
    "identifier_in_use": "card",
}
_TYPED = ("first_name", "last_name", "card")
_ASKED = ("first_name", "last_name")


@blueprint.get("/join")
def begin() -> str:
    """Where registering begins."""
    return _first([], {}, sent=request.args.get("done") == "sent")


@blueprint.post("/join")
def ask() -> Response | tuple[str, int]:
    """Answer by mail, whoever it is; say the same in any case."""
    given, speaks, at = frame.typed("email"), language(), request.remote_addr or ""
    if "@" not in given["email"][1:-1]:
        return _first([frame.error("email", "email")], given), 422
    program = _program()
    facts = {"program_id": program.id, "program": program.name}
    transact(lambda: access.ask_by_mail("join", given["email"], at, speaks, **facts))
    return redirect(url_for("joining.begin", program=program.code, done="sent"), code=303)


@blueprint.get("/join/finish")
def finish() -> tuple[str, int]:
    """The rest of what a member has to say, or that the link is good for nothing any more."""
    return _rest(request.args.get("token", ""), [], {})


@blueprint.post("/join/finish")
def join() -> Response | tuple[str, int]:
    """Become a member, or the member that the card already is; and be signed in."""
    token, given = request.form.get("token", ""), frame.typed(*_TYPED)
    errors = [frame.error(name, "required") for name in _ASKED if not given[name]]
    password, speaks = frame.new_password(errors), language()
    agreed = {name for name in ("rules", "personal_data", "news") if request.form.get(name)}
    errors += [frame.error(name, "agree") for name in ("rules", "personal_data") if name not in agreed]
    if errors:
        return _rest(token, errors, {**given, **dict.fromkeys(agreed, "1")})[0], 422
    try:
        link = transact(lambda: access.link_of("join", token))
        user = frame.braked("card", link.email, lambda: _become(token, given, password, agreed, speaks))
    except NotFound:
        return _rest("", [], {})[0], 404
    except Refusal as refusal:
        found = frame.refused(refusal, _FIELDS)
        return _rest(token, found, {**given, **dict.fromkeys(agreed, "1")})[0], refusal.status
    sessions.enter(user.id, "password")
    return redirect(url_for("signin.welcome"), code=303)


def _become(token: str, given: dict[str, str], password: str, agreed: set[str], speaks: str) -> access.User:
    link = access.use_link("join", token)
    assert link.program_id is not None
    member_id = _member_of(link, given["card"]) or _enrolled(link, given, agreed, speaks)
    owner = f"member:{member_id}"
    user = access.create_user(link.email, password, ["member"], owner, program_id=link.program_id, language=speaks)
    access.pardon("card", link.email)
    return user


def _member_of(link: access.Link, card: str) -> int | None:
    """The member whose card this is, if the address on file is the one that was proven; None without a card."""
    program_id, operator = link.program_id or 0, partners.operator(link.program_id or 0)
    if not card:
        if members.identify(program_id, operator.id, [("email", link.email)]):
            raise Invalid("card_needed", "", [FieldError("/card", "card_needed", "This address has a member.")])
        return None
    found = members.identify(program_id, operator.id, [("card", card)]).get(("card", card))
    known = members.profile(found).email.strip().lower() if found else ""
    if found is None or known != link.email or access.user_by_owner(f"member:{found}"):
        raise Invalid("card_unproven", "", [FieldError("/card", "card_unproven", "This card cannot be linked.")])
    return found


def _enrolled(link: access.Link, given: dict[str, str], agreed: set[str], speaks: str) -> int:
    now, program_id = clock.now(), link.program_id or 0
    profile = members.Profile(
        first_name=given["first_name"], last_name=given["last_name"], email=link.email, locale=speaks
    )
    enrolment = members.Enrolment(
        external_id=f"site-{link.id}",
        request_hash=request_hash({"link": link.id}),
        profile=profile,
        identifiers=(("email", link.email),),
        consents=tuple(members.Consent(purpose, now, TEXT_VERSION) for purpose in sorted(agreed)),
    )
    return members.enrol(program_id, partners.operator(program_id).id, enrolment)[0].id


def _program() -> programs.Program:
    code = request.args.get("program") or request.form.get("program") or ""
    return programs.by_code(code) if code else viewer.current_program()


def _first(errors: frame.Errors, given: dict[str, str], *, sent: bool = False) -> str:
    return render_template("entering/join.html", errors=errors, typed=given, sent=sent, program=_program())


def _rest(token: str, errors: frame.Errors, given: dict[str, Any]) -> tuple[str, int]:
    def work() -> tuple[access.Link, programs.Program] | None:
        link = access.link_of("join", token)
        return link, programs.get(link.program_id or 0)

    try:
        found = transact(work) if token else None
    except NotFound:
        found = None
    link, program = found or (None, None)
    facts = {"email": link.email if link else "", "program": program}
    page = render_template("entering/finish.html", token=token, errors=errors, typed=given, **facts)
    return page, 200 if found else 404
