"""Reading a promotion strictly out of JSON: what is unknown or of another type is named, nothing is guessed.

A promotion has rules, each with a condition and effects (`effects` beside `when` is shorthand for one rule). Effects
are numbered through all rules of a promotion.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.engine.checking import check, check_line
from coalition.promotions.engine.compiling import compiled, filtered
from coalition.promotions.engine.facts import CURRENT_TOTAL, instant
from coalition.promotions.engine.terms import MONEY, Effect, Limit, Promotion, Rule

KINDS = MONEY | {
    "discount", "points.redeem_rule", "coupon.issue", "progress.add", "badge.grant", "crown.add", "status.set",
    "tier.change", "draw.enter", "chance", "gift", "price.override", "delivery.free", "message.send", "webhook.call",
    "receipt.text", "segment.add", "segment.remove", "attribute.set", "attribute.inc", "task.create", "fraud.flag",
}  # fmt: skip
CALCS: Mapping[str, tuple[str, ...]] = {
    "fixed": (),
    "percent": ("bp",),
    "per_amount": ("points", "each"),
    "per_qty": ("points", "each_m"),
    "table": ("rows",),
    "multiply": ("x_bp",),
    "fixed_price": ("price",),
    "cheapest_free": ("every",),
    "bundle": ("items", "price"),
}
ROUNDINGS = ("floor", "half_up", "ceil")
SCOPES = ("effect", "line")
METRICS = ("uses", "units", "money", "coupons")
PERS = ("promotion", "campaign", "member", "household", "partner", "store", "receipt", "line", "card")
PERIODS = ("receipt", "day", "week", "month", "year", "life", "campaign")
ON_EXCEED = ("clamp", "skip")
RETURNS = ("proportional", "reevaluate", "none")
_INT_MAX = 10**15
_ROLLING = re.compile(r"rolling:P[1-9][0-9]{0,2}[DW]")


def promotion(given: Any) -> Promotion:
    """The promotion in `given`. Raises Invalid, which names everything that is wrong by its JSON pointer."""
    reader = _Reader()
    found = reader.promotion(given)
    if reader.problems or found is None:
        raise Invalid("invalid", "This promotion cannot be understood.", reader.problems)
    return found


@dataclass(slots=True)
class _Reader:
    problems: list[FieldError] = field(default_factory=list)

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        self.problems.append(FieldError(pointer, code, detail))

    def promotion(self, given: Any) -> Promotion | None:
        if not isinstance(given, Mapping):
            self.wrong("", "not_an_object", "A promotion is an object.")
            return None
        audience = given.get("audience") or {}
        rules = self.rules(given)
        return Promotion(
            id=self.text(given, "id"),
            version=self.number(given, "version", "", 1),
            events=frozenset(self.texts(given, "events", "")),
            begins=self.instant(given, "from"),
            ends=self.instant(given, "to"),
            coupon=given.get("coupon"),
            priority=self.number(given, "priority", "", 0, least=-_INT_MAX),
            group=given.get("group"),
            exclusive=given.get("exclusive") is True,
            campaign=given.get("campaign"),
            segments_any=frozenset(self.texts(audience, "segments_any", "/audience")),
            segments_none=frozenset(self.texts(audience, "segments_none", "/audience")),
            control_bp=self.number(audience, "control_bp", "/audience", 0, most=10_000),
            communication=audience.get("communication"),
            first_rule_only=self.one_of(given, "rules_mode", ("all", "first"), "", "all") == "first",
            rules=rules,
            limits=tuple(
                self.limit(one, f"/limits/{at}", given) for at, one in enumerate(self.listed(given, "limits"))
            ),
            returns=self.one_of(given, "returns", RETURNS, "", "proportional"),
        )

    def rules(self, given: Mapping[str, Any]) -> tuple[Rule, ...]:
        found, first = [], 0
        several = [(one, f"/rules/{at}") for at, one in enumerate(self.listed(given, "rules"))]
        shorthand = {"when": None if several and not given.get("effects") else given.get("when"), **given}
        own = [(shorthand, "")] if given.get("effects") or not several else []
        for one, pointer in own + several:
            effects = tuple(
                self.effect(effect, f"{pointer}/effects/{at}", first + at)
                for at, effect in enumerate(self.listed(one, "effects", pointer))
            )
            node = one.get("when")
            if pointer and given.get("when") is not None:
                node = {"all": [given["when"], *([node] if node is not None else [])]}
            found.append(self.rule(node, effects, f"{pointer}/when"))
            first += len(effects)
        return tuple(found)

    def rule(self, node: Any, effects: tuple[Effect, ...], pointer: str) -> Rule:
        if node is None:
            return Rule(None, None, False, effects)
        condition, problems = check(node)
        self.problems += [FieldError(pointer + one.pointer, one.code, one.detail) for one in problems]
        if problems:
            return Rule(None, None, False, effects)
        return Rule(compiled(node), node, CURRENT_TOTAL in condition.reads, effects)

    def effect(self, given: Any, pointer: str, index: int) -> Effect:
        given = given if isinstance(given, Mapping) else {}
        kind, rounding = given.get("kind"), given.get("rounding") or {}
        if kind not in KINDS:
            self.wrong(f"{pointer}/kind", "unknown_effect", f"One of {', '.join(sorted(KINDS))}.")
        where = given.get("where")
        problems = [] if where is None else check_line(where)
        self.problems += [FieldError(f"{pointer}/where{one.pointer}", one.code, one.detail) for one in problems]
        calc = self.calc(given.get("calc"), f"{pointer}/calc") if kind in MONEY | {"discount"} else None
        if kind in MONEY and not isinstance(given.get("currency"), str):
            self.wrong(f"{pointer}/currency", "required", "Which currency is credited?")
        mode = self.one_of(
            rounding, "mode", ROUNDINGS, f"{pointer}/rounding", "half_up" if kind == "discount" else "floor"
        )
        by_line = self.one_of(rounding, "scope", SCOPES, f"{pointer}/rounding", "effect") == "line"
        by_line = by_line and not (kind == "discount" and calc is not None and calc["type"] == "fixed")
        fitting = filtered(None if problems else where)
        return Effect(index, kind or "", fitting, calc, mode, by_line, given.get("role") == "base", given)

    def calc(self, given: Any, pointer: str) -> Mapping[str, Any]:
        kind = str(given.get("type")) if isinstance(given, Mapping) else ""
        if kind not in CALCS:
            self.wrong(pointer, "unknown_calc", f"A type of {', '.join(CALCS)}.")
            return {"type": "fixed", "points": 0}
        for name in CALCS[kind]:
            if name in ("rows", "items"):
                self.listed(given, name, pointer)
            else:
                self.number(given, name, pointer, None, least=0 if name in ("bp", "points", "price", "x_bp") else 1)
        if kind == "bundle":
            for at, item in enumerate(self.listed(given, "items", pointer)):
                self.problems += [
                    FieldError(f"{pointer}/items/{at}/where{one.pointer}", one.code, one.detail)
                    for one in check_line(item.get("where", {"all": []}))
                ]
        return given  # type: ignore[no-any-return]

    def limit(self, given: Any, pointer: str, promotion: Mapping[str, Any]) -> Limit:
        given = given if isinstance(given, Mapping) else {}
        period = given.get("period", "life")
        if not isinstance(period, str) or (period not in PERIODS and not _ROLLING.fullmatch(period)):
            self.wrong(f"{pointer}/period", "invalid", f"One of {', '.join(PERIODS)}, or rolling:P7D.")
            period = "life"
        return Limit(
            self.one_of(given, "metric", METRICS, pointer, None),
            self.one_of(given, "per", PERS, pointer, "promotion"),
            str(period),
            self.number(given, "value", pointer, None),
            self.one_of(given, "on_exceed", ON_EXCEED, pointer, "clamp") == "skip",
            str(promotion.get("id")),
            promotion.get("campaign"),
        )

    def text(self, given: Mapping[str, Any], name: str) -> str:
        value = given.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= 200:
            self.wrong(f"/{name}", "invalid", "A text of 1 to 200 characters.")
        return str(value)

    def texts(self, given: Any, name: str, pointer: str) -> Sequence[str]:
        value = given.get(name) if isinstance(given, Mapping) else None
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            self.wrong(f"{pointer}/{name}", "invalid", "A list of texts.")
            return ()
        return value or ()

    def number(
        self, given: Any, name: str, pointer: str, default: int | None, *, least: int = 0, most: int = _INT_MAX
    ) -> int:
        value = given.get(name, default) if isinstance(given, Mapping) else default
        if type(value) is not int or not least <= value <= most:
            self.wrong(f"{pointer}/{name}", "invalid", f"A whole number of at least {least}.")
            return 1
        return value

    def one_of(self, given: Any, name: str, known: Sequence[str], pointer: str, default: str | None) -> str:
        value = given.get(name, default) if isinstance(given, Mapping) else default
        if value not in known:
            self.wrong(f"{pointer}/{name}", "invalid", f"One of {', '.join(known)}.")
            return known[0]
        return str(value)

    def listed(self, given: Mapping[str, Any], name: str, pointer: str = "") -> Sequence[Any]:
        value = given.get(name)
        if value is not None and not isinstance(value, list):
            self.wrong(f"{pointer}/{name}", "invalid", "A list.")
            return ()
        return value or ()

    def instant(self, given: Mapping[str, Any], name: str) -> dt.datetime | None:
        try:
            return None if given.get(name) is None else instant(given[name])
        except (TypeError, ValueError):
            self.wrong(f"/{name}", "invalid", "An instant, like 2026-11-20T00:00:00Z.")
            return None
