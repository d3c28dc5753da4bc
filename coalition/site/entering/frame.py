"""What the pages of coming in share: guesses that are counted first, and what a refusal says beside which field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import request

from coalition import access
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.site import browser

T = TypeVar("T")
Errors = list[dict[str, Any]]
PASSWORD_MAX = 128


def typed(*names: str) -> dict[str, str]:
    """What was typed into these fields, without spaces around it; never a password."""
    return {name: request.form.get(name, "").strip()[:400] for name in names}


def braked(kind: str, subject: str, work: Callable[[], T]) -> T:
    """Count a guess, commit that, and only then look at it. Raises TooMany while the subject has to wait."""
    transact(lambda: access.admit_guess(kind, subject))
    return transact(work)


def coded(user_id: int, work: Callable[[], T]) -> T:
    """Look at a code of a user, counted before; a right one forgets the wrong ones. Raises TooMany like `braked`."""
    whose = transact(lambda: browser.guesser(user_id))

    def look() -> T:
        found = work()
        access.pardon("factor", whose)
        return found

    return braked("factor", whose, look)


def error(field: str, code: str, text: str | None = None) -> dict[str, Any]:
    """One line of the error summary."""
    return {"field": field, "code": code, "text": text}


def refused(refusal: Refusal, fields: Mapping[str, str]) -> Errors:
    """What a refusal says, beside the fields it points at; `fields` leads there from its pointers, or from its code."""
    found = [error(fields[at.pointer], at.code, at.detail) for at in refusal.errors if at.pointer in fields]
    return found or [error(fields.get(refusal.code, ""), refusal.code, refusal.detail)]


def new_password(errors: Errors) -> str:
    """The password that was typed twice; errors are added where the two differ."""
    first, second = request.form.get("password", ""), request.form.get("again", "")
    if first != second:
        errors.append(error("again", "passwords_differ"))
    return first[: PASSWORD_MAX + 1]
