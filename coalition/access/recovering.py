"""Changing what an account is entered with: password and address. Whoever had it before is told, and signed out.

Whatever else was sent to open it (a link to another address, a link for a password) is good for nothing from then on.
What a stranger may ask for (a new password, to join) is answered by mail alone: the page says the same to everybody,
and the work is a job, so that its time tells nothing either.
"""

from __future__ import annotations

import datetime as dt
import secrets
from base64 import b64decode, b64encode
from typing import Any

from sqlalchemy.exc import IntegrityError

from coalition import letters
from coalition.access.browsers import forget_browsers
from coalition.access.links import end_links, make_link, use_link
from coalition.access.sessions import end_sessions
from coalition.access.throttle import admit_guess, network, pardon
from coalition.access.users import User, check_password, hashed_password, is_password, user
from coalition.kernel import audit, sealing
from coalition.kernel.db import execute, fetch_one, session
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.kernel.jobs import enqueue

ANSWER_JOB = "people.answer"
RESET_PAGE, JOIN_PAGE, EMAIL_PAGE = "/reset/choose", "/join/finish", "/security/email/confirm"


def ask_by_mail(kind: str, email: str, address: str, language: str, **facts: Any) -> None:
    """Take a stranger's wish (`reset`, `join`) for an address: a job answers it by mail, if there is an answer.

    Costs the same whoever it is. Raises TooMany after too many for one mailbox, or from one network address.
    """
    wanted = email.strip().lower()[:254]
    admit_guess("mailbox", wanted)
    admit_guess("mailer", network(address))
    enqueue(ANSWER_JOB, {"kind": kind, "to": b64encode(sealing.seal(wanted)).decode(), "language": language, **facts})


def answer_by_mail(kind: str, to: str, language: str, program_id: int | None = None, program: str = "") -> None:
    """Write the letter that answers such a wish. Nobody is written to about a new password who has none."""
    email = sealing.unseal(b64decode(to))
    row = fetch_one("SELECT id, active, language FROM user_account WHERE email = :email", {"email": email})
    if kind == "reset" and row is not None and row.active:
        token = make_link("reset", email, user_id=row.id)
        letters.post("reset", email, row.language, page=RESET_PAGE, token=token)
    elif kind == "join" and row is not None:
        letters.post("join_known", email, row.language, page="/login", program=program)
    elif kind == "join":
        token = make_link("join", email, program_id=program_id)
        letters.post("join", email, language, page=JOIN_PAGE, token=token, program=program)


def reset_password(token: str, password: str) -> User:
    """Choose a new password by a link out of a mail; every session is over. NotFound, Invalid `weak_password`."""
    link = use_link("reset", token)
    assert link.user_id is not None
    _set_password(link.user_id, password)
    audit.record("user.password_reset", f"user:{link.user_id}")
    return user(link.user_id)


def change_password(user_id: int, old: str, new: str, *, keep: str = "") -> None:
    """Choose a new password by the old one; every session is over but the one of the key `keep`.

    Raises Invalid `wrong_password`, `weak_password`.
    """
    prove_password(user_id, old)
    _set_password(user_id, new, keep=keep)
    audit.record("user.password_changed", f"user:{user_id}")


def prove_password(user_id: int, password: str) -> None:
    """Raises Invalid `wrong_password` if it is not the user's. The door counts a guess at the "password" before."""
    if not is_password(user_id, password):
        raise Invalid("wrong_password", "This is not the password.")
    pardon("password", str(user_id))


def ask_new_email(user_id: int, password: str, email: str) -> None:
    """Send a link to a new address; nothing changes before it is opened. Says nothing of whether it is taken."""
    prove_password(user_id, password)
    wanted, known = email.strip().lower(), user(user_id)
    if "@" not in wanted[1:-1] or len(wanted) > 254 or not wanted.isprintable() or " " in wanted:
        raise Invalid("invalid", "Not an e-mail address.", [FieldError("/email", "invalid", "Not an e-mail address.")])
    admit_guess("mailbox", wanted)
    token = make_link("email", wanted, user_id=user_id)
    letters.post("email_change", wanted, known.language, page=EMAIL_PAGE, token=token)


def confirm_new_email(token: str) -> User:
    """Let the user sign in with the address whose mailbox they have shown; the old one is told.

    Raises NotFound for a link that is none, Conflict `user_exists` when another has the address.
    """
    link = use_link("email", token)
    assert link.user_id is not None
    old = user(link.user_id)
    try:
        with session().begin_nested():
            execute("UPDATE user_account SET email = :email WHERE id = :id", {"email": link.email, "id": link.user_id})
    except IntegrityError as error:
        raise Conflict("user_exists", "This address can sign in already.") from error
    end_links(link.user_id)
    letters.post("email_changed", old.email, old.language, hint=hinted(link.email))
    audit.record("user.email_changed", f"user:{link.user_id}")
    return user(link.user_id)


def sign_in_changed_at(user_id: int, *, password: bool) -> dt.datetime | None:
    """When the address that signs in was last changed, or (with `password`) the password; None if never."""
    passwords = ("user.password_changed", "user.password_reset") if password else ()
    found = audit.trail(f"user:{user_id}", None, 1, only=("user.email_changed", *passwords))
    return found[0].at if found else None


def hinted(email: str) -> str:
    """An address as somebody else may see it."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"


def _set_password(user_id: int, password: str, *, keep: str = "") -> None:
    if errors := check_password(password):
        raise Invalid("weak_password", "The password is too weak.", errors)
    known = user(user_id)
    execute(
        "UPDATE user_account SET password = :password, fs_uniquifier = CASE WHEN :keep <> '' THEN fs_uniquifier"
        " ELSE :fresh END WHERE id = :id",
        {"password": hashed_password(password), "keep": keep, "fresh": secrets.token_hex(32), "id": user_id},
    )
    end_sessions(user_id, but=keep)
    forget_browsers(user_id)
    end_links(user_id)
    letters.post("password_changed", known.email, known.language, page="/reset")
