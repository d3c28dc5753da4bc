"""The tests that a document carries: events, and the effects that they are to have. Pure.

A test runs its promotion alone (or `with` others, given as documents), as it would be published, its campaign compiled
in. Each expected effect names what matters: what it leaves out may be anything, but there is no effect beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions import engine
from coalition.promotions.engine.events import event as checked_event
from coalition.promotions.publishing.documents import Document

Effects = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Tested:
    """How one test went: what was expected, what came, and why a promotion gave nothing."""

    name: str
    passed: bool
    wanted: Effects
    found: Effects
    explain: Effects


def run_tests(ready: Document, tests: Iterable[Mapping[str, Any]], program: Mapping[str, Any]) -> list[Tested]:
    """Run the tests of a promotion whose document is `ready` to be evaluated under a program's document.

    Raises Invalid for an event or a companion that cannot be understood.
    """
    return [_run(ready, one, at, program) for at, one in enumerate(tests)]


def failures(found: Iterable[Tested]) -> list[FieldError]:
    """A problem for every test that failed."""
    return [
        FieldError(f"/tests/{at}", "test_failed", f"{one.name}: {len(one.found)} effects, not what was expected.")
        for at, one in enumerate(found)
        if not one.passed
    ]


def _run(ready: Document, test: Mapping[str, Any], at: int, program: Mapping[str, Any]) -> Tested:
    try:
        event = checked_event(test["event"])
        companions = [engine.promotion(one) for one in test.get("with") or ()]
    except Invalid as refusal:
        problems = [FieldError(f"/tests/{at}{one.pointer}", one.code, one.detail) for one in refusal.errors]
        raise Invalid(refusal.code, refusal.detail, problems) from refusal
    own = engine.promotion(ready)
    counters = {key: used for key, used in (test.get("counters") or {}).items() if type(used) is int}
    result = engine.run(program, [own, *companions], event, counters)
    found = [one for one in result.effects if one["promotion"] == own.id]
    wanted = list(test["effects"])
    passed = len(found) == len(wanted) and all(map(_fits, wanted, found))
    explain = [one for one in result.explain if one["promotion"] == own.id]
    return Tested(str(test.get("name") or f"test {at + 1}"), passed, wanted, found, explain)


def _fits(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return all(found.get(name) == value for name, value in wanted.items())
