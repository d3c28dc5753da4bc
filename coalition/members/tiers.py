"""A program's tiers: what each takes and brings, and the period in which members qualify for them.

Below all of them stands `base`, which is no row and takes nothing. Tiers are few and rarely changed: they are kept in
the process, at most a second old. A tier that exists keeps its code for ever; another threshold counts from the
member's next purchase on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.remembering import Remembered
from coalition.members.benefits import NONE, Benefits, read_benefits

BASE = "base"
_FRESH_S = 1.0
_MOST = 100
_memory = Remembered[dict[int, tuple[float, "Ladder"]]](dict)


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier: `threshold` is in minor units of the ladder's currency, None for one that is only granted."""

    code: str
    name_en: str
    name_ru: str
    threshold: int | None
    benefits: Benefits = NONE
    rank: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """The tiers of a program, the lowest first, and how members climb: by points of a currency within a period.

    `months` None is the calendar year of the program's zone, a number a rolling period.
    """

    currency_id: int | None = None
    months: int | None = None
    tiers: tuple[Tier, ...] = ()
    by_code: Mapping[str, Tier] = field(default_factory=dict)

    def earned(self, points: int) -> Tier | None:
        """The highest tier that these points of one period reach."""
        reached = (tier for tier in reversed(self.tiers) if tier.threshold is not None and tier.threshold <= points)
        return next(reached, None)

    def benefits(self, tier: str, perks: Mapping[str, Any]) -> Benefits:
        """What a member of a tier has, with what a subscription grants."""
        own = self.by_code[tier].benefits if tier in self.by_code else NONE
        return own | read_benefits(perks) if perks else own


def ladder(program_id: int, *, fresh: bool = False) -> Ladder:
    """The tiers of a program, at most a second old, or as they are (`fresh`); an empty ladder where it has none."""
    memory = _memory()
    read_at, found = memory.get(program_id, (0.0, None))
    if fresh or found is None or time.monotonic() - read_at > _FRESH_S:
        asked_at = time.monotonic()
        found = _read(program_id)
        memory[program_id] = (asked_at, found)
    return found


def set_tiers(program_id: int, currency_id: int, tiers: Sequence[Tier], *, months: int | None = None) -> Ladder:
    """Give a program its tiers, the lowest first; those that exist are changed by their code, none may be left out.

    Raises Invalid for a currency that is not of the kind `tier`, thresholds that do not rise, a code twice or missing.
    """
    _check(program_id, currency_id, tiers, months)
    before = _read(program_id)
    execute(
        "INSERT INTO tier_policy (program_id, currency_id, months) VALUES (:program, :currency, :months)"
        " ON CONFLICT (program_id) DO UPDATE SET currency_id = excluded.currency_id, months = excluded.months",
        {"program": program_id, "currency": currency_id, "months": months},
    )
    for rank, tier in enumerate(tiers, start=1):
        execute(
            "INSERT INTO tier (program_id, code, rank, name_en, name_ru, threshold, benefits)"
            " VALUES (:program, :code, :rank, :name_en, :name_ru, :threshold, CAST(:benefits AS jsonb))"
            " ON CONFLICT (program_id, code) DO UPDATE SET rank = excluded.rank, name_en = excluded.name_en,"
            " name_ru = excluded.name_ru, threshold = excluded.threshold, benefits = excluded.benefits",
            {
                "program": program_id,
                "code": tier.code,
                "rank": rank,
                "name_en": tier.name_en,
                "name_ru": tier.name_ru,
                "threshold": tier.threshold,
                "benefits": json.dumps(tier.benefits.stored()),
            },
        )
    told = {"tiers": [tier.code for tier in tiers], "months": months}
    audit.record("tiers.set", f"program:{program_id}", **told, **_difference(before, tiers, months))
    _memory().pop(program_id, None)
    return ladder(program_id)


def _difference(before: Ladder, tiers: Sequence[Tier], months: int | None) -> dict[str, dict[str, Any]]:
    """What was changed, by tier: its threshold and what it brings, before and now."""
    was = {tier.code: {"threshold": tier.threshold, **tier.benefits.stored()} for tier in before.tiers}
    now = {tier.code: {"threshold": tier.threshold, **tier.benefits.stored()} for tier in tiers}
    told: dict[str, Any] = {code: now[code] for code in now if was.get(code) != now[code]}
    if before.tiers and before.months != months:
        told["months"] = months
    past: dict[str, Any] = {**was, "months": before.months}
    return {"was": {name: past.get(name) for name in told}, "now": told}


def _check(program_id: int, currency_id: int, tiers: Sequence[Tier], months: int | None) -> None:
    codes, rising = [tier.code for tier in tiers], [tier.threshold for tier in tiers if tier.threshold is not None]
    currency = next((one for one in programs.currencies(program_id) if one.id == currency_id), None)
    missing = {tier.code for tier in _read(program_id).tiers} - set(codes)
    problems = {
        "/currency": currency is None or currency.kind != "tier",
        "/months": months is not None and not 1 <= months <= 120,
        "/tiers": not codes or len(set(codes)) < len(codes) or BASE in codes or bool(missing) or len(codes) > _MOST,
        "/tiers/threshold": rising != sorted(set(rising)) or any(one < 1 for one in rising),
    }
    if wrong := [FieldError(pointer, "invalid", "The tiers do not fit.") for pointer, bad in problems.items() if bad]:
        raise Invalid("invalid", "These cannot be the program's tiers.", wrong)


def _read(program_id: int) -> Ladder:
    policy = fetch_one(
        "SELECT currency_id, months FROM tier_policy WHERE program_id = :program", {"program": program_id}
    )
    if policy is None:
        return Ladder()
    rows = fetch_all(
        "SELECT code, name_en, name_ru, threshold, benefits, rank, id FROM tier WHERE program_id = :program"
        " ORDER BY rank LIMIT :most",
        {"program": program_id, "most": _MOST},
    )
    tiers = tuple(Tier(**{**row._mapping, "benefits": read_benefits(row.benefits)}) for row in rows)
    return Ladder(policy.currency_id, policy.months, tiers, {tier.code: tier for tier in tiers})
