"""What a promotion gives and at most, as the rows of the builder, and back.

A row shows the common mechanics; an effect of another kind, or with parts that no row has, is kept as it is. What a row
does not show of an effect (its rounding, its role) stays with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.promotions.wording import parts
from coalition.promotions.wording.mechanics import (
    EACH,
    MECHANICS,
    METRICS,
    PART,
    PERIODS,
    PERS,
    TAKE_LINES,
    Cap,
    Gift,
    Mechanic,
    Money,
    Raw,
)
from coalition.promotions.wording.rows import Misread, plain_number, typed


def takes_lines(raw: Any) -> bool:
    """Whether an effect is for lines, which its `where` names."""
    return isinstance(raw, Mapping) and isinstance(raw.get("kind"), str) and raw["kind"] in TAKE_LINES


def gift_of(raw: Any, money: Money) -> Gift:
    """The row of an effect."""
    if not isinstance(raw, Mapping):
        return Gift(raw=raw, kept=True)
    given = raw.get("calc")
    calc: Raw = given if isinstance(given, Mapping) else {}
    known = _mechanic(raw, calc)
    if known is None or not _plain(raw, calc, known):
        return Gift(raw=raw, kept=True)
    currency = str(raw.get("currency", ""))
    each = raw.get("each") if known.each == "money?" else calc.get(EACH.get(known.calc, ""))
    shown: Gift | None = Gift(
        known.code,
        _value_text(raw, calc, known, money, currency),
        "" if each is None else plain_number(each, money.of(known.each.rstrip("?"), currency)),
        currency,
        str(raw.get("account") or ""),
        "" if raw.get("expire_days") is None else str(raw["expire_days"]),
        raw,
        qualifying=known.points and raw.get("qualifying") is True,
    )
    if known.parts and shown:
        shown = parts.parts_of(shown, raw, calc, money)
    return shown or Gift(raw=raw, kept=True)


def raw_of(gift: Gift, money: Money) -> Any:
    """The effect that a row says, without its lines; a kept one as it is. Raises Misread with `<field>:<code>`."""
    if gift.kept:
        return dict(gift.raw) if isinstance(gift.raw, Mapping) else gift.raw
    known = MECHANICS.get(gift.mechanic)
    if known is None:
        raise Misread("mechanic:choose")
    was = dict(gift.raw or {}) if gift.raw and gift.raw.get("kind") == known.kind else {}
    found: dict[str, Any] = {**was, "kind": known.kind}
    if known.points:
        if gift.currency not in money.points:
            raise Misread("currency:choose")
        found = {name: value for name, value in found.items() if name not in ("account", "expire_days")}
        found |= {"currency": gift.currency} | life(gift)
    if known.named:
        found = {name: value for name, value in found.items() if name not in _COUNTED}
        found |= _named(gift, known, money)
        found |= parts.progress_by(gift, was, money) if known.code == "progress" else {}
    elif known.code == "chance":
        found["win_ppm"] = typed(gift.value, 4, "value", least=1, most=1_000_000)
    if not known.calc:
        return found | (parts.said_by(gift, known, was, money) if known.parts else {})
    return found | {"calc": _calc(gift, known, was, money)}


def _calc(gift: Gift, known: Mechanic, was: Raw, money: Money) -> dict[str, Any]:
    """The calculation that a row says; what it does not show of one of the same type stays."""
    before = was.get("calc")
    same = before if isinstance(before, Mapping) and before.get("type") == known.calc else {}
    calc: dict[str, Any] = {**same, "type": known.calc}
    if known.value:
        calc[_part(known)] = typed(gift.value, money.of(known.value, gift.currency), "value", least=1)
    if known.each:
        calc[EACH[known.calc]] = typed(gift.each, money.of(known.each, gift.currency), "each", least=1)
    return calc | (parts.said_by(gift, known, same, money) if known.parts else {})


def _part(known: Mechanic) -> str:
    """By which name the value of a calculation stands in it."""
    return "minor" if known.code == "off_fixed" else PART[known.calc]


def _mechanic(raw: Raw, calc: Raw) -> Mechanic | None:
    """What the builder calls an effect; a table by what its first row gives."""
    asked = (raw.get("kind"), calc.get("type", ""))
    found = [one for one in MECHANICS.values() if (one.kind, one.calc) == asked]
    rows = calc.get("rows")
    if len(found) == 2 and isinstance(rows, list) and rows and isinstance(rows[0], Mapping):
        return MECHANICS["table_points" if "points" in rows[0] else "table_percent"]
    return found[0] if found else None


def cap_of(given: Any, currency: str, money: Money) -> Cap | None:
    """The row of a limit; None for one that no row can show."""
    if not isinstance(given, Mapping) or type(given.get("value")) is not int or set(given) - _SHOWN:
        return None
    metric, per, period = given.get("metric"), given.get("per", "promotion"), given.get("period", "life")
    if metric not in METRICS or per not in PERS or period not in PERIODS:
        return None
    text = plain_number(given["value"], _decimals(str(metric), currency, money))
    return Cap(text, str(metric), str(per), str(period), given.get("on_exceed") == "skip")


def limit_of(cap: Cap, currency: str, money: Money) -> dict[str, Any]:
    """The limit that a row says. Raises Misread with `<field>:<code>`."""
    for name, value, known in (
        ("metric", cap.metric, METRICS),
        ("per", cap.per, PERS),
        ("period", cap.period, PERIODS),
    ):
        if value not in known:
            raise Misread(f"{name}:choose")
    most = typed(cap.value, _decimals(cap.metric, currency, money), "value", least=0)
    found: dict[str, Any] = {"metric": cap.metric, "per": cap.per, "period": cap.period, "value": most}
    return found | {"on_exceed": "skip" if cap.skip else "clamp"}


def _decimals(metric: str, currency: str, money: Money) -> int:
    return {"units": money.points.get(currency, 0), "money": money.decimals}.get(metric, 0)


def _plain(raw: Raw, calc: Raw, known: Mechanic) -> bool:
    """Whether a row shows all that matters of an effect."""
    if known.named:
        return isinstance(raw.get(known.named), str) and type(raw.get("each", 0)) is int
    each = EACH.get(known.calc)
    if each and type(calc.get(each)) is not int:
        return False
    if raw.get("expire_days") is not None and type(raw["expire_days"]) is not int:
        return False
    return not known.value or type(_value(raw, calc, known)) is int


def _value(raw: Raw, calc: Raw, known: Mechanic) -> Any:
    if known.named:
        return raw.get(known.named)
    return raw.get("win_ppm") if known.code == "chance" else calc.get(_part(known))


def _value_text(raw: Raw, calc: Raw, known: Mechanic, money: Money, currency: str) -> str:
    value = _value(raw, calc, known) if known.value else ""
    if type(value) is not int:
        return str(value)
    decimals = money.of(known.value, currency)
    short = known.value in ("factor", "percent", "odds")
    return parts.short(value, decimals) if short else plain_number(value, decimals)


def _named(gift: Gift, known: Mechanic, money: Money) -> dict[str, Any]:
    """The one thing that an effect names, and for which amount each there is one."""
    if not gift.value.strip():
        raise Misread("value:required")
    each: dict[str, Any] = {}
    if known.each and gift.each.strip():
        each = {"each": typed(gift.each, money.decimals, "each", least=1)}
    return {known.named: gift.value.strip(), **each}


def life(gift: Gift) -> dict[str, Any]:
    """On which account the points are, for how many days, and whether they count for the tier."""
    account = {"account": gift.account} if gift.account else {}
    days = {"expire_days": typed(gift.expire_days, 0, "expire_days", least=1)} if gift.expire_days.strip() else {}
    counted = (gift.raw or {}).get("qualifying") is True
    return account | days | ({} if counted == gift.qualifying else {"qualifying": gift.qualifying})


_COUNTED = frozenset({"each", "by", "target", "repeat", "period"})
_SHOWN = frozenset({"metric", "per", "period", "value", "on_exceed"})
