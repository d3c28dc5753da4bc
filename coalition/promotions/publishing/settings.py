"""What the promotions of a program have in common, and the one row at which those who publish queue.

The row counts the program's rulesets: whoever takes the next number holds it until the transaction ends, so that
numbers have no gaps and everybody composes what the one before has left.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from coalition.kernel import audit, sealing
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import FieldError
from coalition.promotions.engine.checking import check_line
from coalition.promotions.engine.settings import DAY_STARTS_MOST, EARN_ON, EARN_VAT, VAT_MOST

KINDS_MOST = 20
_COLUMNS = "exclude, earn_on, earn_not, day_starts_minutes, earn_vat, vat_bp"
_VALUES = (
    "CAST(:exclude AS jsonb), CAST(:earn_on AS text), CAST(:earn_not AS text[]), CAST(:day_starts AS int),"
    " CAST(:earn_vat AS text), CAST(:vat_bp AS int)"
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What counts and earns nothing (a condition on a line, or None), and on what points are earned.

    `earn_not`: kinds of payments on which nothing is earned. `day_starts_minutes`: when a day of business begins.
    `earn_vat`: on prices `with` VAT, or `without`; `vat_bp` is the rate of products of which nobody has said theirs.
    """

    exclude: Mapping[str, Any] | None = None
    earn_on: str = "money"
    earn_not: tuple[str, ...] = ()
    day_starts_minutes: int = 0
    earn_vat: str = "with"
    vat_bp: int = 0

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Setting:
        """A setting as it is told: in a ruleset, a bundle, a request for approval."""
        told = {name: given[name] for name in cls.__slots__ if name in given}
        return cls(**{**told, "earn_not": tuple(told.get("earn_not") or ())})

    def told(self) -> dict[str, Any]:
        """The setting, without what is as ever."""
        found = {**asdict(self), "earn_not": list(self.earn_not)}
        usual = {"earn_not": [], "day_starts_minutes": 0, "earn_vat": "with", "vat_bp": 0}
        return {name: value for name, value in found.items() if name not in usual or value != usual[name]}


@dataclass(frozen=True, slots=True)
class Turn:
    """The number that the ruleset in work will have, and what its promotions have in common."""

    no: int
    setting: Setting


def take_turn(program_id: int) -> Turn:
    """The next number of a ruleset; who else publishes for this program waits until this transaction ends."""
    _ensure(program_id)
    row = fetch_one(
        f"UPDATE promo_setting SET last_no = last_no + 1 WHERE program_id = :program RETURNING last_no, {_COLUMNS}",
        {"program": program_id},
    )
    assert row is not None
    return Turn(row.last_no, Setting.read(row._asdict()))


def setting(program_id: int) -> Setting:
    """What the program's promotions have in common; in force since the last ruleset, or with the next."""
    row = fetch_one(f"SELECT {_COLUMNS} FROM promo_setting WHERE program_id = :program", {"program": program_id})
    return Setting.read(row._asdict()) if row else Setting()


def setting_problems(one: Setting) -> list[FieldError]:
    """What is wrong with a setting."""
    found = [FieldError(f"/exclude{it.pointer}", it.code, it.detail) for it in check_line(one.exclude or {"all": []})]
    if one.earn_on not in EARN_ON:
        found.append(FieldError("/earn_on", "invalid", f"One of {', '.join(EARN_ON)}."))
    if len(one.earn_not) > KINDS_MOST or not all(
        isinstance(kind, str) and 1 <= len(kind) <= 40 for kind in one.earn_not
    ):
        found.append(FieldError("/earn_not", "invalid", f"At most {KINDS_MOST} kinds of payments, as tills name them."))
    if type(one.day_starts_minutes) is not int or not 0 <= one.day_starts_minutes <= DAY_STARTS_MOST:
        told = f"Minutes after midnight, from 0 to {DAY_STARTS_MOST}."
        found.append(FieldError("/day_starts_minutes", "invalid", told))
    if one.earn_vat not in EARN_VAT:
        found.append(FieldError("/earn_vat", "invalid", f"One of {', '.join(EARN_VAT)}."))
    if type(one.vat_bp) is not int or not 0 <= one.vat_bp <= VAT_MOST:
        found.append(FieldError("/vat_bp", "invalid", f"Hundredths of a percent, from 0 to {VAT_MOST}."))
    return found


def put_setting(program_id: int, one: Setting) -> None:
    """Keep a setting that was checked, in force with the next ruleset."""
    _ensure(program_id)
    changed = execute(
        f"UPDATE promo_setting SET ({_COLUMNS}) = ({_VALUES})"
        f" WHERE program_id = :program AND ({_COLUMNS}) IS DISTINCT FROM ({_VALUES})",
        {
            "program": program_id,
            "exclude": json.dumps(one.exclude) if one.exclude else None,
            "earn_on": one.earn_on,
            "earn_not": list(one.earn_not),
            "day_starts": one.day_starts_minutes,
            "earn_vat": one.earn_vat,
            "vat_bp": one.vat_bp,
        },
    )
    if changed:
        audit.record("promotions.setting", f"program:{program_id}", **one.told())


def draw_secret(program_id: int) -> str:
    """By what a program's draws are rolled: made once, sealed, and the same ever after."""
    row = fetch_one("SELECT draw_secret FROM promo_setting WHERE program_id = :program", {"program": program_id})
    return sealing.unseal(row.draw_secret) if row and row.draw_secret else ""


def draw_commitment(program_id: int) -> str:
    """The SHA-256 of the draw secret in hex, "" while there is none: published before draws are rolled by it, so that
    nobody can say later that another secret was meant.
    """
    secret = draw_secret(program_id)
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


def _ensure(program_id: int) -> None:
    execute(
        "INSERT INTO promo_setting (program_id, draw_secret) VALUES (:program, :secret) ON CONFLICT DO NOTHING",
        {"program": program_id, "secret": sealing.seal(secrets.token_hex(32))},
    )
