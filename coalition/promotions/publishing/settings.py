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
from coalition.kernel.errors import FieldError
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


def setting_problems(one: Setting) -> list[FieldError]:
    """What is wrong with a setting."""
    found = [FieldError(f"/exclude{it.pointer}", it.code, it.detail) for it in check_line(one.exclude or {"all": []})]
    if one.earn_on not in EARN_ON:
        found.append(FieldError("/earn_on", "invalid", f"One of {', '.join(EARN_ON)}."))
    return found


def put_setting(program_id: int, one: Setting) -> None:
    """Keep a setting that was checked, in force with the next ruleset."""
    _ensure(program_id)
    changed = execute(
        "UPDATE promo_setting SET exclude = CAST(:exclude AS jsonb), earn_on = :earn_on"
        " WHERE program_id = :program AND (exclude, earn_on) IS DISTINCT FROM (CAST(:exclude AS jsonb), :earn_on)",
        {
            "program": program_id,
            "exclude": json.dumps(one.exclude) if one.exclude else None,
            "earn_on": one.earn_on,
        },
    )
    if changed:
        audit.record("promotions.setting", f"program:{program_id}", exclude=one.exclude, earn_on=one.earn_on)


def draw_secret(program_id: int) -> str:
    """By what a program's draws are rolled: made once, sealed, and the same ever after."""
    row = fetch_one("SELECT draw_secret FROM promo_setting WHERE program_id = :program", {"program": program_id})
    return sealing.unseal(row.draw_secret) if row and row.draw_secret else ""


def _ensure(program_id: int) -> None:
    execute(
        "INSERT INTO promo_setting (program_id, draw_secret) VALUES (:program, :secret) ON CONFLICT DO NOTHING",
        {"program": program_id, "secret": sealing.seal(secrets.token_hex(32))},
    )
