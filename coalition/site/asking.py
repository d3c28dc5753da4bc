"""Asking who is signed in to prove it once more: by a code of their app if they have one, else by the password."""

from __future__ import annotations

from coalition import access
from coalition.access.factors import totp
from coalition.kernel.db import transact
from coalition.site.entering import frame


def by_code(user_id: int) -> bool:
    """Whether the user is asked for a code of their app (or a recovery code) and not for the password."""
    return access.person(user_id).app


def prove(user_id: int, typed: str) -> None:
    """Look at what was typed. Not in a transaction: a guess is counted before it is looked at.

    Raises Invalid `wrong_password` or Forbidden `wrong_code`, TooMany for who guesses.
    """
    if transact(lambda: by_code(user_id)):
        frame.coded(user_id, lambda: totp.use_code(user_id, typed))
    else:
        frame.braked("password", str(user_id), lambda: access.prove_password(user_id, typed))
