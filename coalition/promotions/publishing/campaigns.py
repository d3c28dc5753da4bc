"""Campaigns as they are kept. What a campaign says is compiled into its promotions when a ruleset is composed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import AnyRow, execute, fetch_all
from coalition.kernel.errors import FieldError, NotFound
from coalition.promotions.engine.facts import instant
from coalition.promotions.engine.reading import METRICS, ON_EXCEED
from coalition.promotions.publishing.codes import code_problems
from coalition.promotions.publishing.compiling import Campaign
from coalition.promotions.publishing.shapes import TEXT, message_problems
from coalition.promotions.publishing.sponsoring import sponsor_problems

_NAMES = tuple(field.name for field in fields(Campaign))
_COLUMNS = ", ".join(_NAMES)
_DATES = ("starts_at", "ends_at")
_LISTS = ("segments_any", "segments_none")
_JSON = ("communication", "budget", "sponsor")
_VALUES = {name: f"CAST(:{name} AS jsonb)" if name in _JSON else f":{name}" for name in _NAMES}
_PUT = (
    f"INSERT INTO campaign (program_id, {_COLUMNS}) VALUES (:program, {', '.join(_VALUES.values())})"
    f" ON CONFLICT (program_id, code) DO UPDATE SET changed_at = now(),"
    f" {', '.join(f'{name} = excluded.{name}' for name in _NAMES[1:])}"
)
_CONTROL_MOST = 9_000
_MOST = 1_000


def by_code(program_id: int) -> dict[str, Campaign]:
    """Every campaign of a program by its code."""
    return {one.code: one for one in list_campaigns(program_id)}


def campaign(program_id: int, code: str) -> Campaign:
    """The campaign with this code. Raises NotFound."""
    found = by_code(program_id).get(code)
    if found is None:
        raise NotFound()
    return found


def list_campaigns(program_id: int) -> list[Campaign]:
    """The campaigns of a program, the latest first."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM campaign WHERE program_id = :program ORDER BY starts_at DESC NULLS LAST, code"
        " LIMIT :most",
        {"program": program_id, "most": _MOST},
    )
    return [_campaign(row) for row in rows]


def campaign_problems(one: Campaign, partners: Iterable[str]) -> Iterator[FieldError]:
    """What is wrong with a campaign of a program with these partners."""
    yield from code_problems(one.code, "/code")
    for name in ("name_en", "name_ru"):
        if not TEXT[0](getattr(one, name)):
            yield FieldError(f"/{name}", "required", TEXT[1])
    if one.starts_at and one.ends_at and one.starts_at >= one.ends_at:
        yield FieldError("/ends_at", "invalid", "A campaign ends after it begins.")
    if not 0 <= one.control_bp <= _CONTROL_MOST:
        yield FieldError("/control_bp", "invalid", f"From 0 to {_CONTROL_MOST} of ten thousand members.")
    for name in _LISTS:
        if not all(TEXT[0](segment) for segment in getattr(one, name)):
            yield FieldError(f"/{name}", "invalid", "Codes of segments.")
    if one.communication is not None:
        yield from message_problems(one.communication, "/communication")
    if one.budget is not None:
        yield from _budget_problems(one.budget)
    yield from sponsor_problems(one.sponsor, partners, "/sponsor")


def put_campaign(program_id: int, one: Campaign) -> None:
    """Keep a campaign that was checked, in force with the next ruleset."""
    values: dict[str, Any] = {name: getattr(one, name) for name in _NAMES}
    for name in _JSON:
        values[name] = None if values[name] is None else json.dumps(values[name])
    for name in _LISTS:
        values[name] = list(values[name])
    execute(_PUT, {**values, "program": program_id})
    audit.record("campaign.set", f"program:{program_id}", **told(one))


def told(one: Campaign) -> dict[str, Any]:
    """A campaign as JSON tells it."""
    found = {name: list(value) if name in _LISTS else value for name, value in asdict(one).items()}
    return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in found.items()}


def from_told(given: Mapping[str, Any]) -> Campaign:
    """The campaign that `told` has told."""
    dates = {name: instant(given[name]) if given.get(name) else None for name in _DATES}
    lists = {name: tuple(given.get(name) or ()) for name in _LISTS}
    return Campaign(**{**{name: given[name] for name in _NAMES if name in given}, **dates, **lists})


def _budget_problems(budget: Mapping[str, Any]) -> Iterator[FieldError]:
    if budget.get("metric") not in METRICS:
        yield FieldError("/budget/metric", "invalid", f"One of {', '.join(METRICS)}.")
    if type(budget.get("value")) is not int or budget["value"] < 1:
        yield FieldError("/budget/value", "invalid", "A whole number of at least 1.")
    if budget.get("on_exceed", "clamp") not in ON_EXCEED:
        yield FieldError("/budget/on_exceed", "invalid", f"One of {', '.join(ON_EXCEED)}.")
    for name in sorted(set(budget) - {"metric", "value", "on_exceed"}):
        yield FieldError(f"/budget/{name}", "unknown_field", "A budget has metric, value and on_exceed.")


def _campaign(row: AnyRow) -> Campaign:
    values: dict[str, Any] = dict(row._mapping)
    return Campaign(**{**values, **{name: tuple(values[name]) for name in _LISTS}})
