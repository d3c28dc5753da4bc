"""Reading a promotion strictly out of JSON: what is unknown or of another type is named, nothing is guessed.

A promotion has rules, each with a condition and effects (`effects` beside `when` is shorthand for one rule). Effects
are numbered through all rules of a promotion; what follows from an effect has its number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coalition.kernel.errors import Invalid
from coalition.promotions.engine.compiling import compiled
from coalition.promotions.engine.facts import CURRENT_TOTAL
from coalition.promotions.engine.giving import CALCS, KINDS, effect
from coalition.promotions.engine.scanning import INT_MAX, Scanner
from coalition.promotions.engine.terms import Effect, Limit, Promotion, Rule

METRICS = ("uses", "units", "money", "coupons", "prizes")
PERS = ("promotion", "campaign", "member", "household", "partner", "store", "receipt", "line", "card")
PERIODS = ("receipt", "day", "week", "month", "year", "life", "campaign")
ON_EXCEED = ("clamp", "skip")
RETURNS = ("proportional", "reevaluate", "none")
LATE = ("accept", "skip")
_ROLLING = re.compile(r"rolling:P[1-9][0-9]{0,2}[DW]")
__all__ = ["CALCS", "KINDS", "METRICS", "ON_EXCEED", "PERIODS", "PERS", "RETURNS", "promotion"]


def promotion(given: Any) -> Promotion:
    """The promotion in `given`. Raises Invalid, which names everything that is wrong by its JSON pointer."""
    scan = Scanner()
    found = _promotion(scan, scan.object([] if given is None else given, ""))
    if scan.problems:
        raise Invalid("invalid", "This promotion cannot be understood.", scan.problems)
    return found


def _promotion(scan: Scanner, given: Mapping[str, Any]) -> Promotion:
    audience = scan.object(given.get("audience"), "/audience")
    if given.get("id") is None or given["id"] == "":
        scan.wrong("/id", "invalid", "A text of 1 to 200 characters.")
    return Promotion(
        id=str(scan.text(given, "id")),
        version=scan.number(given, "version", "", 1),
        events=frozenset(scan.texts(given, "events", "")),
        begins=scan.instant(given, "from"),
        ends=scan.instant(given, "to"),
        coupon=scan.text(given, "coupon"),
        priority=scan.number(given, "priority", "", 0, least=-INT_MAX),
        group=scan.text(given, "group"),
        exclusive=given.get("exclusive") is True,
        campaign=scan.text(given, "campaign"),
        segments_any=frozenset(scan.texts(audience, "segments_any", "/audience")),
        segments_none=frozenset(scan.texts(audience, "segments_none", "/audience")),
        control_bp=scan.number(audience, "control_bp", "/audience", 0, most=10_000),
        communication=_communication(scan, audience.get("communication")),
        first_rule_only=scan.one_of(given, "rules_mode", ("all", "first"), "", "all") == "first",
        rules=_rules(scan, given),
        limits=tuple(_limit(scan, one, f"/limits/{at}", given) for at, one in enumerate(scan.listed(given, "limits"))),
        returns=scan.one_of(given, "returns", RETURNS, "", "proportional"),
        takes_late=scan.one_of(given, "late", LATE, "", "accept") == "accept",
    )


def _rules(scan: Scanner, given: Mapping[str, Any]) -> tuple[Rule, ...]:
    found, first = [], 0
    several = [(one, f"/rules/{at}") for at, one in enumerate(scan.listed(given, "rules"))]
    shorthand = {"when": None if several and not given.get("effects") else given.get("when"), **given}
    own = [(shorthand, "")] if given.get("effects") or not several else []
    for one, pointer in own + [(scan.object(one, pointer), pointer) for one, pointer in several]:
        effects = tuple(
            effect(scan, inner, f"{pointer}/effects/{at}", first + at)
            for at, inner in enumerate(scan.listed(one, "effects", pointer))
        )
        node = one.get("when")
        if pointer and given.get("when") is not None:
            node = {"all": [given["when"], *([node] if node is not None else [])]}
        found.append(_rule(scan, node, effects, f"{pointer}/when"))
        first += len(effects)
    return tuple(found)


def _rule(scan: Scanner, node: Any, effects: tuple[Effect, ...], pointer: str) -> Rule:
    condition = scan.condition(node, pointer)
    if condition is None:
        return Rule(None, None, False, effects)
    return Rule(compiled(node), node, CURRENT_TOTAL in condition.reads, effects)


def _communication(scan: Scanner, given: Any) -> Mapping[str, Any] | None:
    if given is None:
        return None
    scan.numbers(scan.object(given, "/audience/communication"), "/audience/communication", within_days=0)
    return scan.object(given, "")


def _limit(scan: Scanner, given: Any, pointer: str, promotion: Mapping[str, Any]) -> Limit:
    given = scan.object(given, pointer)
    period = given.get("period", "life")
    if not isinstance(period, str) or (period not in PERIODS and not _ROLLING.fullmatch(period)):
        scan.wrong(f"{pointer}/period", "invalid", f"One of {', '.join(PERIODS)}, or rolling:P7D.")
    return Limit(
        metric=scan.one_of(given, "metric", METRICS, pointer, None),
        per=scan.one_of(given, "per", PERS, pointer, "promotion"),
        period=str(period),
        value=scan.number(given, "value", pointer, None),
        skip=scan.one_of(given, "on_exceed", ON_EXCEED, pointer, "clamp") == "skip",
        of=str(promotion.get("id")),
        campaign=promotion.get("campaign"),
    )
