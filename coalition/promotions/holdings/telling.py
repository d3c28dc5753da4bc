"""What members hold, as promotions ask for it and as pages show it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import execute, fetch_all
from coalition.promotions.granting import contributes

LISTED_MAX = 200
DAYS_MAX = 400
_LOCK = """
    INSERT INTO member_holding (program_id, member_id, kind, name, value)
    SELECT :program, m, 'progress', '', 0 FROM unnest(CAST(:members AS bigint[])) m ORDER BY m
    ON CONFLICT (member_id, kind, name) DO UPDATE SET value = 0"""
_HELD = """
    SELECT member_id, name, value, text FROM member_holding
     WHERE member_id = ANY(:members) AND kind = :kind AND name <> '' AND (until IS NULL OR until > now())
     ORDER BY member_id, name"""
_GONE_ON = """
    SELECT member_id, name, value FROM member_holding
     WHERE member_id = ANY(:members) AND kind = 'progress' AND name <> ''
       AND (until IS NULL OR until > now() - make_interval(days => :most))
     ORDER BY member_id, name"""
_OWN = """
    SELECT kind, name, value, text, until, changed_at FROM member_holding
     WHERE member_id = :member AND name <> '' AND (value <> 0 OR kind = 'attribute')
       AND (until IS NULL OR until > now())
     ORDER BY kind, name LIMIT :most"""
_GIVEN = """
    SELECT id, promotion, kind, holding, name, change, what, occurred_at, source, source_id, undoes FROM given_effect
     WHERE member_id = :member ORDER BY id DESC LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a member has: of progress, completed, badge, crown, ticket, status, segment or attribute (`kind`)."""

    kind: str
    name: str
    value: int
    text: str | None
    until: dt.datetime | None
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect that a member was given; `undoes` names the one that it takes back."""

    id: int
    promotion: str
    kind: str
    holding: str | None
    name: str
    change: int
    what: dict[str, Any]
    occurred_at: dt.datetime
    source: str
    source_id: int
    undoes: int | None


def held(member_id: int) -> list[Holding]:
    """What a member has today; at most two hundred."""
    return [Holding(**row._mapping) for row in fetch_all(_OWN, {"member": member_id, "most": LISTED_MAX})]


def given(member_id: int, most: int = LISTED_MAX) -> list[Effect]:
    """What a member was given, the latest first; at most two hundred."""
    return [Effect(**row._mapping) for row in fetch_all(_GIVEN, {"member": member_id, "most": min(most, LISTED_MAX)})]


@contributes("progress")
def progress(program_id: int, member_ids: Collection[int]) -> Mapping[int, dict[str, int]]:
    """How far members are with each achievement, also in periods that are over, for receipts that come late.

    Holds them until the transaction ends: two purchases take turns.
    """
    execute(_LOCK, {"program": program_id, "members": sorted(member_ids)})
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in fetch_all(_GONE_ON, {"members": sorted(member_ids), "most": DAYS_MAX}):
        found[row.member_id][row.name] = row.value
    return found


@contributes("days")
def days(_: int, member_ids: Collection[int]) -> Mapping[int, dict[str, list[str]]]:
    """On which days members got on with each achievement, for the last four hundred."""
    rows = fetch_all(
        "SELECT member_id, name, day FROM member_progress_day"
        " WHERE member_id = ANY(:members) AND day > now()::date - :most ORDER BY member_id, name, day",
        {"members": sorted(member_ids), "most": DAYS_MAX},
    )
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.member_id][row.name].append(row.day.isoformat())
    return {member_id: dict(named) for member_id, named in found.items()}


@contributes("segments")
def segments(_: int, member_ids: Collection[int]) -> Mapping[int, list[str]]:
    """The segments that promotions put members into."""
    return _names("segment", member_ids)


@contributes("badges")
def badges(_: int, member_ids: Collection[int]) -> Mapping[int, list[str]]:
    """The badges that members have."""
    return _names("badge", member_ids)


@contributes("crowns")
def crowns(_: int, member_ids: Collection[int]) -> Mapping[int, int]:
    """How many crowns members have, of all kinds together."""
    return {member_id: sum(named.values()) for member_id, named in _by_name("crown", member_ids).items()}


@contributes("status")
def statuses(_: int, member_ids: Collection[int]) -> Mapping[int, str]:
    """The status of members on the common scale."""
    rows = _rows("status", member_ids)
    return {row.member_id: row.text or "" for row in rows if row.name == "status"}


@contributes("attrs")
def attributes(_: int, member_ids: Collection[int]) -> Mapping[int, dict[str, Any]]:
    """The attributes that promotions gave members: whole numbers, or texts; true and false as such."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in _rows("attribute", member_ids):
        found[row.member_id][row.name] = row.value if row.text is None else _TRUTH.get(row.text, row.text)
    return found


_TRUTH: dict[str, Any] = {"true": True, "false": False}


def _names(kind: str, member_ids: Collection[int]) -> dict[int, list[str]]:
    named = _by_name(kind, member_ids)
    return {member_id: sorted(name for name, value in held.items() if value) for member_id, held in named.items()}


def _by_name(kind: str, member_ids: Collection[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in _rows(kind, member_ids):
        found[row.member_id][row.name] = row.value
    return found


def _rows(kind: str, member_ids: Collection[int]) -> Any:
    return fetch_all(_HELD, {"members": sorted(member_ids), "kind": kind})
