"""Everything about a program in one value, kept in the process and at most a second old.

Each change of a program, its currencies, promo accounts or rates gives the program a new version out of a sequence,
which no rollback takes back: a version seen is one content for ever. Once a second the version is asked for, and only
where it has changed is the rest read anew. The process that changes something forgets what it knows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields

from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.remembering import Remembered
from coalition.programs.types import Currency, Program, PromoAccount, Rate

_FRESH_S = 1.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Policies:
    """A program with its currencies in the order of creation, promo accounts in the order of use, and dated rates."""

    program: Program
    currencies: Mapping[int, Currency]
    promo_accounts: Mapping[int, PromoAccount]
    rates: tuple[Rate, ...]


@dataclass(slots=True)
class _Memory:
    """What this process knows of one database."""

    policies: dict[int, tuple[float, Policies]]
    programs_of: dict[int, int]  # of a currency; it never moves


_memory = Remembered(lambda: _Memory({}, {}))


def columns(of: type, alias: str = "") -> str:
    """The columns that a value of this room is read from: its fields."""
    return ", ".join(f"{alias}{field.name}" for field in fields(of))


def policies(program_id: int, *, fresh: bool = False) -> Policies:
    """Everything about a program, at most a second old; `fresh`: as it is now. Raises NotFound."""
    known = _memory().policies
    read_at, found = (0.0, None) if fresh else known.get(program_id, (0.0, None))
    if found is not None and time.monotonic() - read_at <= _FRESH_S:
        return found
    asked_at = time.monotonic()
    if found is None or _version(program_id) != found.program.version:
        found = _read(program_id)
    known[program_id] = (asked_at, found)
    return found


def program_of(currency_id: int) -> int:
    """The program of a currency. Raises NotFound."""
    known = _memory().programs_of
    if currency_id not in known:
        row = fetch_one("SELECT program_id FROM currency WHERE id = :id", {"id": currency_id})
        if row is None:
            raise NotFound()
        known[currency_id] = row.program_id
    return known[currency_id]


def touch(program_id: int) -> int:
    """Give a program a new version, because something about it has changed in this transaction. Locks its row."""
    execute("UPDATE program SET version = nextval('policy_version') WHERE id = :id", {"id": program_id})
    _memory().policies.pop(program_id, None)
    return _version(program_id)


def _version(program_id: int) -> int:
    row = fetch_one("SELECT version FROM program WHERE id = :id", {"id": program_id})
    if row is None:
        raise NotFound()
    return int(row.version)


def _read(program_id: int) -> Policies:
    """The program's row first: what changes meanwhile has a later version, and is found out a second later."""
    scope = {"id": program_id, "most": _MOST}
    row = fetch_one(f"SELECT {columns(Program)} FROM program WHERE id = :id", scope)
    if row is None:
        raise NotFound()
    found = fetch_all(f"SELECT {columns(Currency)} FROM currency WHERE program_id = :id ORDER BY id LIMIT :most", scope)
    promo = fetch_all(
        f"SELECT {columns(PromoAccount)} FROM promo_account WHERE program_id = :id ORDER BY priority, id LIMIT :most",
        scope,
    )
    rates = fetch_all(
        "SELECT from_currency_id, to_currency_id, rate, lower(valid) AS valid_from, upper(valid) AS valid_to"
        " FROM conversion_rate WHERE program_id = :id AND NOT isempty(valid) ORDER BY id DESC LIMIT :most",
        scope,
    )
    return Policies(
        Program(**row._mapping),
        {one.id: Currency(**one._mapping) for one in found},
        {one.id: _promo_account(one) for one in promo},
        tuple(Rate(**one._mapping) for one in rates),
    )


def _promo_account(row: AnyRow) -> PromoAccount:
    lists = {name: tuple(row._mapping[name]) for name in ("partner_ids", "outlet_ids", "product_groups")}
    return PromoAccount(**{**row._mapping, **lists})
