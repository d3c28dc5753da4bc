"""What the promotions of a program have in common, and the one row at which those who publish queue.

The row counts the program's rulesets: whoever takes the next number holds it until the transaction ends, so that
numbers have no gaps and everybody composes what the one before has left.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel import audit, sealing
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.engine.checking import check_line

EARN_ON = ("money", "gross")


@dataclass(frozen=True, slots=True)
class Setting:
    """What counts and earns nothing (a condition on a line, or None), and on what points are earned."""

    exclude: Mapping[str, Any] | None = None
    earn_on: str = "money"


@dataclass(frozen=True, slots=True)
class Turn:
    """The number that the ruleset in work will have, and what its promotions have in common."""

    no: int
    setting: Setting


def take_turn(program_id: int) -> Turn:
    """The next number of a ruleset; who else publishes for this program waits until this transaction ends."""
    _ensure(program_id)
    row = fetch_one(
        "UPDATE promo_setting SET last_no = last_no + 1 WHERE program_id = :program"
        " RETURNING last_no, exclude, earn_on",
        {"program": program_id},
    )
    assert row is not None
    return Turn(row.last_no, Setting(row.exclude, row.earn_on))


def setting(program_id: int) -> Setting:
    """What the program's promotions have in common; in force since the last ruleset, or with the next."""
    row = fetch_one("SELECT exclude, earn_on FROM promo_setting WHERE program_id = :program", {"program": program_id})
    return Setting(row.exclude, row.earn_on) if row else Setting()


def change_setting(program_id: int, *, exclude: Mapping[str, Any] | None, earn_on: str = "money") -> None:
    """What lines count and earn nothing (a condition on a line; None: all count), and on what points are earned.

    `earn_on`: `money`, what is left after discounts and points paid, or `gross`, what was left before points paid.
    In force with the next ruleset. Invalid points at what is wrong.
    """
    problems = [
        FieldError(f"/exclude{one.pointer}", one.code, one.detail) for one in check_line(exclude or {"all": []})
    ]
    if earn_on not in EARN_ON:
        problems.append(FieldError("/earn_on", "invalid", f"One of {', '.join(EARN_ON)}."))
    if problems:
        raise Invalid("invalid", "This cannot be set.", problems)
    restore(program_id, exclude, earn_on)
    audit.record("promotions.setting", f"program:{program_id}", exclude=exclude, earn_on=earn_on)


def restore(program_id: int, exclude: Mapping[str, Any] | None, earn_on: str) -> None:
    """Set what was checked before."""
    _ensure(program_id)
    execute(
        "UPDATE promo_setting SET exclude = CAST(:exclude AS jsonb), earn_on = :earn_on WHERE program_id = :program",
        {"program": program_id, "exclude": json.dumps(exclude) if exclude else None, "earn_on": earn_on},
    )


def draw_secret(program_id: int) -> str:
    """By what a program's draws are rolled: made once, sealed, and the same ever after."""
    row = fetch_one("SELECT draw_secret FROM promo_setting WHERE program_id = :program", {"program": program_id})
    return sealing.unseal(row.draw_secret) if row and row.draw_secret else ""


def _ensure(program_id: int) -> None:
    execute(
        "INSERT INTO promo_setting (program_id, draw_secret) VALUES (:program, :secret) ON CONFLICT DO NOTHING",
        {"program": program_id, "secret": sealing.seal(secrets.token_hex(32))},
    )
