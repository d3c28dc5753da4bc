"""Launching a program: its money, its zone and the currencies its members earn. It begins as a draft (see `living`)."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from coalition.kernel import audit
from coalition.kernel.db import session
from coalition.programs.caching import touch
from coalition.programs.checking import check_currency
from coalition.programs.models import CurrencyRow, ProgramRow
from coalition.programs.registry import currency_by_id, get
from coalition.programs.types import Currency, Program

_DEFAULTS: dict[str, Any] = {
    "decimals": 0,
    "attribution": "fefo",
    "kind": "bonus",
    "spendable": True,
    "transferable": True,
    "expiry": "never",
    "expiry_n": None,
    "activation_days": 0,
    "activation_event": None,
    "debt_floor": 0,
    "spend_min": 0,
    "spend_step": 1,
    "spend_share_bp": 10_000,
    "spend_day_max": None,
    "spend_group_bp": {},
}
FIXED = frozenset({"id", "program_id", "code"})


def launch(
    code: str, name: str, *, zone: str, currency: str, currency_decimals: int = 2, kind: str = "coalition"
) -> Program:
    """A new program in a time zone, selling and settling in `currency`: a draft, until `move` opens it.

    The kind `test` is a partner's test mode: what is in it is worth nothing and is not settled.
    ZoneInfoNotFoundError for an unknown zone.
    """
    ZoneInfo(zone)
    row = ProgramRow(code=code, name=name, zone=zone, currency=currency, currency_decimals=currency_decimals, kind=kind)
    session().add(row)
    session().flush()
    audit.record("program.launch", f"program:{row.id}", code=code)
    return get(row.id)


def add_currency(
    program_id: int, code: str, *, name_en: str, name_ru: str, face_minor: Decimal, **policies: Any
) -> Currency:
    """A new points currency of a program; the first one added is the main one.

    `policies` are fields of Currency; what is not named: bonuses without decimals that never expire, usable at once,
    spendable without limits. Tier points are not spendable and, unless it is said that they are, not transferable:
    they stay with who earned them. Raises Invalid `policy_unsound`.
    """
    kind = {"spendable": False, "transferable": False} if policies.get("kind") == "tier" else {}
    values = {"name_en": name_en, "name_ru": name_ru, "face_minor": face_minor, **_DEFAULTS, **kind, **policies}
    check_currency(values)
    row = CurrencyRow(program_id=program_id, code=code, **values)
    session().add(row)
    session().flush()
    version = touch(program_id)
    audit.record("currency.add", f"currency:{row.id}", program_id=program_id, code=code, version=version)
    return currency_by_id(row.id)


def policies_of(currency: Currency) -> dict[str, Any]:
    """The policies of a currency, by name."""
    return {field.name: getattr(currency, field.name) for field in fields(Currency) if field.name not in FIXED}
