"""Rules of personal prices. A rule is never rewritten: other terms are its next version, and quotes name which it was.

Its budget counts on over versions. What it makes of every reward is computed with it, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import Any

from catalog.pricing.ruling.rebuilding import rebuild
from coalition.kernel import audit, clock
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

SCOPES = ("all", "category", "supplier", "reward", "delivery")
EFFECTS = ("percent", "fixed", "multiplier")
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says. `value`: ten-thousandths off (percent) or of the price (multiplier), or points (fixed).

    `scope_id` is the category (with all below it), supplier or reward; none for everything and for delivery. A rule
    without `segment` is had by who was granted it; a segment is `everyone`, `tier:code`, `plan:code` or `list:code`.
    Stackable rules of one priority multiply. The budget: points taken off prices, and pieces sold. `valid_from` None
    is from now on, `valid_to` None for ever.
    """

    name_en: str
    name_ru: str
    effect: str
    value: int
    scope: str = "all"
    scope_id: int | None = None
    priority: int = 100
    stackable: bool = False
    floor_points: int = 1
    segment: str | None = "everyone"
    valid_from: dt.datetime | None = None
    valid_to: dt.datetime | None = None
    points_budget: int | None = None
    uses_budget: int | None = None


_NAMES = tuple(Terms.__slots__)
_COLUMNS = ", ".join(_NAMES)
_VALUES = ", ".join(f":{name}" for name in _NAMES).replace(":valid_from", "coalesce(:valid_from, now())")
_CHANGES = ", ".join(f"{name} = :{name}" for name in _NAMES)
_SELECT = f"SELECT id, program_id, code, state, version, points_spent, uses_spent, {_COLUMNS} FROM price_rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with the terms in force, its version, and what of its budget is spent."""

    id: int
    program_id: int
    code: str
    state: str
    version: int
    points_spent: int
    uses_spent: int
    terms: Terms


def create_rule(program_id: int, code: str, terms: Terms) -> Rule:
    """A new rule, in force at once. Raises Invalid that names what does not fit, Conflict `rule_exists`."""
    given = _checked(terms)
    _refuse({"/code": not _named(code)}, "A code has small letters, digits, dots and dashes.")
    row = fetch_one(
        f"INSERT INTO price_rule (program_id, code, version, {_COLUMNS}) VALUES (:program_id, :code, 1, {_VALUES})"
        " ON CONFLICT DO NOTHING RETURNING id",
        {"program_id": program_id, "code": code, **given},
    )
    if row is None:
        raise Conflict("rule_exists", "The program has a price rule with this code; revise it.")
    return _recorded(program_id, code, row.id)


def revise_rule(program_id: int, code: str, terms: Terms) -> Rule:
    """Give a rule other terms: its next version. Quotes keep what they froze. The same terms change nothing.

    A rule that is granted stays one, and one of a segment stays one. Raises NotFound, Invalid.
    """
    before = rule(program_id, code, lock=True)
    given = _checked(replace(terms, valid_from=terms.valid_from or before.terms.valid_from))
    if given == asdict(before.terms):
        return before
    problems = {
        "/segment": (given["segment"] is None) != (before.terms.segment is None),
        "/points_budget": before.points_spent > (terms.points_budget or before.points_spent),
        "/uses_budget": before.uses_spent > (terms.uses_budget or before.uses_spent),
    }
    _refuse(problems, "A revision cannot say this.")
    execute(
        f"UPDATE price_rule SET version = version + 1, {_CHANGES} WHERE id = :id",
        {"id": before.id, **given},
    )
    return _recorded(program_id, code, before.id)


def stop_rule(program_id: int, code: str) -> Rule:
    """Let a rule make no more prices; quotes that it made are honoured. Again changes nothing. Raises NotFound."""
    return _switch(program_id, code, "stopped")


def resume_rule(program_id: int, code: str) -> Rule:
    """Let a stopped rule make prices again, within its dates and budget. Raises NotFound."""
    return _switch(program_id, code, "active")


def rule(program_id: int, code: str, *, lock: bool = False) -> Rule:
    """The rule with this code. Raises NotFound."""
    row = fetch_one(
        f"{_SELECT} WHERE program_id = :program_id AND code = :code" + (" FOR UPDATE" if lock else ""),
        {"program_id": program_id, "code": code},
    )
    if row is None:
        raise NotFound()
    return _rule(row)


def list_rules(program_id: int, *, state: str | None = None, after_id: int = 0, limit: int = 100) -> list[Rule]:
    """Rules of a program from the oldest on, those in one `state` if it is given, after a rule for the next page."""
    rows = fetch_all(
        f"{_SELECT} WHERE program_id = :program_id AND id > :after AND (CAST(:state AS text) IS NULL OR state = :state)"
        " ORDER BY id LIMIT :limit",
        {"program_id": program_id, "after": after_id, "state": state, "limit": min(limit, _MOST)},
    )
    return [_rule(row) for row in rows]


def versions(rule_id: int) -> list[tuple[int, Terms, str, dt.datetime]]:
    """Every version of a rule, the newest first: number, terms, who recorded it and when."""
    rows = fetch_all(
        f"SELECT version, actor, recorded_at, {_COLUMNS} FROM price_rule_version WHERE rule_id = :id"
        " ORDER BY version DESC LIMIT 200",
        {"id": rule_id},
    )
    return [(row.version, _terms(row), row.actor, row.recorded_at) for row in rows]


def _recorded(program_id: int, code: str, rule_id: int) -> Rule:
    execute(
        f"INSERT INTO price_rule_version (rule_id, version, actor, {_COLUMNS})"
        f" SELECT id, version, :actor, {_COLUMNS} FROM price_rule WHERE id = :id",
        {"id": rule_id, "actor": audit.origin().actor},
    )
    rebuild(program_id, [rule_id])
    now = rule(program_id, code)
    audit.record("price_rule.set", f"price_rule:{rule_id}", program_id=program_id, code=code, version=now.version)
    return now


def _switch(program_id: int, code: str, state: str) -> Rule:
    found = rule(program_id, code, lock=True)
    if execute(
        "UPDATE price_rule SET state = :state WHERE id = :id AND state <> :state", {"id": found.id, "state": state}
    ):
        rebuild(program_id, [found.id])
        audit.record(f"price_rule.{state}", f"price_rule:{found.id}", program_id=program_id, code=code)
    return rule(program_id, code)


def _checked(terms: Terms) -> dict[str, Any]:
    """The terms as columns. Raises Invalid for what the table would refuse."""
    given = asdict(terms)
    most = {"percent": 10_000, "multiplier": 10_000, "fixed": 10**13}.get(terms.effect, 0)
    kind, _, name = (terms.segment or "everyone").partition(":")
    problems = {
        "/name_en": not 1 <= len(terms.name_en) <= 120 or not 1 <= len(terms.name_ru) <= 120,
        "/scope": terms.scope not in SCOPES,
        "/scope_id": (terms.scope_id is None) != (terms.scope in ("all", "delivery")),
        "/effect": terms.effect not in EFFECTS,
        "/value": not (0 if terms.effect == "fixed" else 1) <= terms.value <= most,
        "/stackable": terms.stackable and terms.effect == "fixed",
        "/priority": not 0 <= terms.priority <= 1000,
        "/floor_points": not (0 if terms.scope == "delivery" else 1) <= terms.floor_points <= 10**13,
        "/segment": not (_named(name) if kind in ("tier", "plan", "list") else terms.segment in ("everyone", None)),
        "/valid_to": terms.valid_to is not None and terms.valid_to <= (terms.valid_from or clock.now()),
        "/points_budget": terms.points_budget is not None and terms.points_budget < 1,
        "/uses_budget": terms.uses_budget is not None and terms.uses_budget < 1,
    }
    _refuse(problems, "These cannot be the terms of a price rule.")
    return given


def _refuse(problems: dict[str, bool], detail: str) -> None:
    if wrong := [FieldError(pointer, "invalid", "This does not fit.") for pointer, bad in problems.items() if bad]:
        raise Invalid("invalid", detail, wrong)


def _named(code: str) -> bool:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    return 1 <= len(code) <= 40 and set(code) <= allowed and code[0] not in "._-"


def _rule(row: AnyRow) -> Rule:
    names = ("id", "program_id", "code", "state", "version", "points_spent", "uses_spent")
    return Rule(**{name: getattr(row, name) for name in names}, terms=_terms(row))


def _terms(row: AnyRow) -> Terms:
    return Terms(**{name: getattr(row, name) for name in _NAMES})
