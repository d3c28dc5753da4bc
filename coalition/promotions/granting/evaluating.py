"""Running a ruleset on a batch, within the limits that the whole program shares.

The counters are read, the batch is run one event after another (each sees what those before it have used), and what it
used is taken in one statement. Where a counter has moved too far in between, the counters are held and the batch is run
once more: that is exact, and happens only at the edge of a limit, or where a limit rolls.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from coalition.promotions import engine
from coalition.promotions.engine.facts import business_day, occurred_at
from coalition.promotions.engine.periods import kept_as
from coalition.promotions.granting import counting
from coalition.promotions.granting.counting import Ask, Known
from coalition.promotions.granting.happening import Event
from coalition.promotions.publishing import Ruleset

Base = Sequence[tuple[str, Mapping[int, int]]]
GoneOn = dict[str, dict[str, tuple[int, list[str]]]]  # by member and achievement: how far, and on which days more
_ROLLING = re.compile(r"rolling:P(\d+)([DW])")
_SHARED = frozenset({"promotion", "campaign"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that promotions are asked about: the base credits granted beside them, whether money can come off."""

    event: Event
    base: Base = ()
    discounts: bool = False


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an event came to: the engine's result, what the counters said before, and what of them was used."""

    event: Event
    result: engine.Result
    before: Mapping[str, int]
    used: Mapping[str, int]


def evaluate(ruleset: Ruleset, batch: Sequence[Candidate], gone_on: GoneOn | None = None) -> list[Evaluated]:
    """What each event of a batch brings; what limits have of it is used from now on, until the transaction ends.

    `gone_on`: how far members have got in the same transaction under other rulesets; what this batch adds is noted in
    it. Locks counters in the order of their keys.
    """
    program_id, asked = ruleset.program_id, [asks(ruleset, one.event) for one in batch]
    every = _together(asked)
    known = counting.read(program_id, every) if every else Known()
    before = dict(known.used)
    gone_on = {} if gone_on is None else gone_on
    if not any(ask.days for ask in every.values()):
        found = _run(ruleset, batch, asked, known, gone_on)
        if counting.use(program_id, every, _sum(found), before):
            return _noted(ruleset, found, gone_on)
    known = counting.lock(program_id, every)
    found = _run(ruleset, batch, asked, known, gone_on)
    by_day = [
        (key, day_of(ruleset, one.event), amount)
        for one in found
        for key, amount in one.used.items()
        if every[key].days
    ]
    counting.add(program_id, every, _sum(found), _merged(by_day))
    return _noted(ruleset, found, gone_on)


def preview(ruleset: Ruleset, batch: Sequence[Candidate]) -> list[Evaluated]:
    """The same, and nothing is used: what would come of it now."""
    asked = [asks(ruleset, one.event) for one in batch]
    every = _together(asked)
    return _run(ruleset, batch, asked, counting.read(ruleset.program_id, every) if every else Known(), {})


def asks(ruleset: Ruleset, event: Event) -> dict[str, Ask]:
    """The counters that an event can ask for."""
    found = {}
    for key, (_, limit) in engine.limits(ruleset.program, ruleset.index, event).items():
        found[key] = Ask(limit.value, rolling_days(limit.period), limit.per in _SHARED)
    return found


def rolling_days(period: str) -> int:
    """Over how many days a period rolls; 0 for one that does not."""
    rolls = _ROLLING.fullmatch(period)
    return int(rolls[1]) * (7 if rolls[2] == "W" else 1) if rolls else 0


def day_of(ruleset: Ruleset, event: Event) -> dt.date:
    """The day of business of an event in the program's zone: limits go by it."""
    zone, begins = ZoneInfo(ruleset.program.get("tz", "UTC")), ruleset.program.get("day_starts_minutes", 0)
    return business_day(occurred_at(event), zone, begins)


def _run(
    ruleset: Ruleset, batch: Sequence[Candidate], asked: Sequence[Mapping[str, Ask]], known: Known, so_far: GoneOn
) -> list[Evaluated]:
    run = partial(engine.run_indexed, ruleset.program, ruleset.index)
    found = []
    gone_on = deepcopy(so_far)
    for one, asks_of in zip(batch, asked, strict=True):
        day, event = day_of(ruleset, one.event), carried(one.event, gone_on)
        before = known.at(asks_of, day) if asks_of else {}
        result = run(event, before, base=one.base, discounts=one.discounts)
        note_progress(event, day, result.effects, gone_on)
        used = {key: amount for key, amount in result.counters_delta.items() if key in asks_of}
        known.add(asks_of, used, day)
        found.append(Evaluated(event, result, before, used))
    return found


def _noted(ruleset: Ruleset, found: list[Evaluated], gone_on: GoneOn) -> list[Evaluated]:
    for one in found:
        note_progress(one.event, day_of(ruleset, one.event), one.result.effects, gone_on)
    return found


def carried(event: Event, gone_on: GoneOn) -> Event:
    """The event with the progress that those before it in the batch have brought its member, and on which days."""
    member = event["member"]
    more = gone_on.get(member["id"])
    if not more:
        return event
    progress, days = dict(member.get("progress") or {}), dict(member.get("days") or {})
    for name, (value, on) in more.items():
        progress[name], days[name] = value, [*days.get(name, ()), *on]
    return {**event, "member": {**member, "progress": progress, "days": days}}


def note_progress(event: Event, day: dt.date, effects: Sequence[Mapping[str, Any]], gone_on: GoneOn) -> None:
    """Note how far an event has brought its member, and on which day."""
    for effect in effects:
        if effect["kind"] == "progress.add":
            of, kept = gone_on.setdefault(event["member"]["id"], {}), kept_as(effect)
            on = of[kept][1] if kept in of else []
            of[kept] = effect["value"], [*on, day.isoformat()]


def _together(asked: Sequence[Mapping[str, Ask]]) -> dict[str, Ask]:
    """All counters of a batch, each with the least of its limits."""
    every: dict[str, Ask] = {}
    for one in asked:
        for key, ask in one.items():
            known = every.get(key)
            if known is None or ask.most < known.most:
                every[key] = ask
    return every


def _sum(found: Sequence[Evaluated]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in found:
        for key, amount in one.used.items():
            total[key] = total.get(key, 0) + amount
    return total


def _merged(by_day: Sequence[tuple[str, dt.date, int]]) -> list[tuple[str, dt.date, int]]:
    total: dict[tuple[str, dt.date], int] = {}
    for key, day, amount in by_day:
        total[key, day] = total.get((key, day), 0) + amount
    return [(key, day, amount) for (key, day), amount in sorted(total.items())]
