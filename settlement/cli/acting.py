"""Who a command acts as: `--as EMAIL` names the person of finance who types it, so that four eyes count that person.

Without it the deed is the machine's (`cli`). Whoever has a shell here is believed: the name is for the trail and for
the second person, not a proof.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from coalition import access
from coalition.kernel import audit
from coalition.kernel.db import transact

_ROLE, _WORDS = "finance", "Who of finance does this, by e-mail address"


def acting(*, required: bool = False) -> Callable[[Any], Any]:
    """The option `--as`, for a command's parameter `email`; required where a second person has to be another one."""
    words = f"{_WORDS}; nobody approves what is their own." if required else f"{_WORDS}; else the machine did it."
    return click.option("--as", "email", metavar="EMAIL", required=required, help=words)


def act_as(email: str | None) -> None:
    """Name the origin of what runs from here on. ClickException for who is not, or no longer, of finance."""
    actor = "cli" if email is None else transact(lambda: _of_finance(email))
    audit.set_origin(audit.Origin(actor=actor))


def _of_finance(email: str) -> str:
    actor = access.actor_of(email)
    if "@" not in email or not access.may_approve(actor, _ROLE):
        raise click.ClickException(f"not_of_finance: {email} is nobody of finance who may sign in.")
    return actor
