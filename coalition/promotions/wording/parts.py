"""The rows inside a gift: the steps of a table, the goods of a set, what follows from an achievement or a win.

`parts_of` shows them, None where no row can; `said_by` writes them back. What a row does not show stays with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from coalition.promotions.engine.periods import PERIODS
from coalition.promotions.wording.fields import LINE, of_section
from coalition.promotions.wording.mechanics import (
    FOLLOWING,
    MECHANICS,
    PARTS_MOST,
    STEPS,
    Gift,
    Mechanic,
    Money,
    Part,
    Raw,
)
from coalition.promotions.wording.rows import Misread, Row, node_of, plain_number, taken_apart, typed

FOLLOWS = {"progress": "on_complete", "chance": "on_win"}
_MODES, _ONS = ("step", "slice"), ("amount", "qty_m")


def parts_of(shown: Gift, raw: Raw, calc: Raw, money: Money) -> Gift | None:
    """The gift with the rows inside it; None for an effect that they cannot show."""
    known = MECHANICS[shown.mechanic]
    if known.parts == "steps":
        return _steps_of(shown, calc, money)
    if known.parts == "goods":
        goods = _each(calc.get("items"), lambda one: _goods_of(one, money))
        return None if not goods else replace(shown, parts=goods)
    listed = raw.get(FOLLOWS[known.code])
    followed = _each(listed or [], lambda one: _follow_of(one, money))
    if followed is None:
        return None
    found = replace(shown, parts=followed)
    return _counted(found, raw, money) if known.code == "progress" else found


def said_by(gift: Gift, known: Mechanic, was: Raw, money: Money) -> dict[str, Any]:
    """What the rows inside a gift say: of its calculation (steps, goods), or what follows. Raises Misread with
    `<place>-<field>:<code>`."""
    if known.parts == "follow":
        name = FOLLOWS[known.code]
        found = _all(gift.parts, lambda one: _follow(one, money))
        return {name: found} if found or name in was else {}
    if not gift.parts:
        raise Misread("mechanic:no_rows")
    if known.parts == "goods":
        return {"items": _all(gift.parts, lambda one: _goods(one, money))}
    return _steps(gift, known, was, money)


def progress_by(gift: Gift, was: Raw, money: Money) -> dict[str, Any]:
    """What an achievement counts, up to how many, in which period, and whether it begins again. Raises Misread."""
    before = was.get("by") if isinstance(was.get("by"), Mapping) else None
    kind = gift.by if gift.by in STEPS else "event"
    same = (before or {}).get("type", "event") == kind
    by = dict(before or {}) if same else {"type": kind}
    found: dict[str, Any] = {"by": by} if by and (before is not None or kind != "event") else {}
    if gift.target.strip():
        found["target"] = typed(gift.target, _target_decimals(kind, by, money), "target", least=1)
    if gift.repeat or "repeat" in was:
        found["repeat"] = gift.repeat
    return found | ({"period": gift.within} if gift.within in PERIODS else {})


def _steps_of(shown: Gift, calc: Raw, money: Money) -> Gift | None:
    """A table all of whose rows give points, or all a percentage."""
    mode, on = calc.get("mode", "step"), calc.get("on", "amount")
    given = "points" if shown.mechanic == "table_points" else "bp"
    if mode not in _MODES or on not in _ONS:
        return None
    decimals = _given_decimals(given, shown.currency, money), _from_decimals(str(on), money)

    def part(row: Any) -> Part | None:
        if not isinstance(row, Mapping) or set(row) != {"from", given}:
            return None
        if type(row["from"]) is not int or type(row[given]) is not int or min(row.values()) < 0:
            return None
        return Part(short(row[given], decimals[0]), plain_number(row["from"], decimals[1]), raw=row)

    found = _each(calc.get("rows"), part)
    return None if not found else replace(shown, parts=found, mode=str(mode), on=str(on))


def _steps(gift: Gift, known: Mechanic, was: Raw, money: Money) -> dict[str, Any]:
    given = "points" if known.code == "table_points" else "bp"
    on = gift.on if gift.on in _ONS else "amount"
    mode = gift.mode if gift.mode in _MODES else "step"
    value, start = _given_decimals(given, gift.currency, money), _from_decimals(on, money)
    rows = [
        {
            "from": typed(one.start, start, f"{at}-start", least=0),
            given: typed(one.value, value, f"{at}-value", least=0),
        }
        for at, one in enumerate(gift.parts)
    ]
    starts = [row["from"] for row in rows]
    for at, first in enumerate(starts):
        if first in starts[:at]:
            raise Misread(f"{at}-start:twice")
    found: dict[str, Any] = {"rows": rows}
    found |= {"mode": mode} if mode != "step" or "mode" in was else {}
    return found | ({"on": on} if on != "amount" or "on" in was else {})


def _goods_of(item: Any, money: Money) -> Part | None:
    if not isinstance(item, Mapping) or set(item) - {"where", "qty"}:
        return None
    qty, where = item.get("qty", 1), item.get("where")
    if type(qty) is not int or qty < 1 or not (where is None or isinstance(where, Mapping)):
        return None
    plain = where is not None and "f" in where
    row = taken_apart(where, money.decimals, line=True)[0] if plain else Row(kept=where)
    return Part(str(qty), asked=Row() if where is None else row, raw=item)


def _goods(part: Part, money: Money) -> dict[str, Any]:
    """One kind of goods in a set, and how many pieces of it."""
    where: Any = None
    if part.asked.kept is not None or part.asked.field:
        if part.asked.kept is None and part.asked.field not in {one.name for one in of_section(LINE)}:
            raise Misread("v:choose")
        try:
            where = node_of(part.asked, money.decimals)
        except Misread as misread:
            raise Misread(f"v:{misread}") from None
    qty = typed(part.value, 0, "value", least=1)
    told = qty != 1 or "qty" in (part.raw or {"qty": 1})
    return ({"where": where} if where is not None else {}) | ({"qty": qty} if told else {})


def _follow_of(raw: Any, money: Money) -> Part | None:
    """A row of what follows; kept where it is nothing that the list offers."""
    if not isinstance(raw, Mapping):
        return None
    known = next((MECHANICS[one] for one in FOLLOWING if MECHANICS[one].kind == raw.get("kind")), None)
    kept = Part(raw=raw, kept=True)
    if known is None:
        return kept
    if known.named:
        return Part(raw[known.named], mechanic=known.code, raw=raw) if isinstance(raw.get(known.named), str) else kept
    calc, currency = raw.get("calc"), str(raw.get("currency"))
    points = calc.get("points") if isinstance(calc, Mapping) and calc.get("type") == "fixed" else None
    if type(points) is not int or currency not in money.points:
        return kept
    return Part(plain_number(points, money.points[currency]), "", known.code, currency, raw=raw)


def _follow(part: Part, money: Money) -> Any:
    if part.kept:
        return part.raw
    known = MECHANICS.get(part.mechanic)
    if known is None or part.mechanic not in FOLLOWING:
        raise Misread("mechanic:choose")
    was = part.raw if part.raw and part.raw.get("kind") == known.kind else {}
    if known.named:
        if not part.value.strip():
            raise Misread("value:required")
        return {**was, "kind": known.kind, known.named: part.value.strip()}
    if part.currency not in money.points:
        raise Misread("currency:choose")
    points = typed(part.value, money.points[part.currency], "value", least=1)
    calc = was.get("calc") if isinstance(was.get("calc"), Mapping) else {}
    return {
        **was,
        "kind": known.kind,
        "currency": part.currency,
        "calc": {**(calc or {}), "type": "fixed", "points": points},
    }


def _counted(shown: Gift, raw: Raw, money: Money) -> Gift | None:
    """What the achievement counts; None where it is told in a way that no row has."""
    by = raw.get("by")
    kind = (by or {}).get("type") if by is None or isinstance(by, Mapping) else None
    if by is not None and kind not in STEPS:
        return None
    target, repeat = raw.get("target"), raw.get("repeat", False)
    period = raw.get("period")
    if period is not None and period not in PERIODS:
        return None
    if (target is not None and (type(target) is not int or target < 1)) or not isinstance(repeat, bool):
        return None
    decimals = _target_decimals(kind or "event", by or {}, money)
    text = "" if target is None else plain_number(target, decimals)
    return replace(shown, by=kind or "event", target=text, repeat=repeat, within=period or "")


def _target_decimals(kind: str, by: Raw, money: Money) -> int:
    if kind == "amount":
        return money.decimals
    return money.points.get(str(by.get("currency", "")), 0) if kind == "points" else 0


def _given_decimals(given: str, currency: str, money: Money) -> int:
    return money.points.get(currency, 0) if given == "points" else 2


def _from_decimals(on: str, money: Money) -> int:
    return money.decimals if on == "amount" else 3


def short(value: int, decimals: int) -> str:
    """A number for a field without the zeros behind its point."""
    text = plain_number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _each(given: Any, part: Callable[[Any], Part | None]) -> tuple[Part, ...] | None:
    """The rows of a list; None where it is none, is too long, or one of it cannot be shown."""
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > PARTS_MOST:
        return None
    found = [part(one) for one in given]
    return tuple(one for one in found if one is not None) if None not in found else None


def _all(parts: Sequence[Part], work: Callable[[Part], Any]) -> list[Any]:
    """What all rows say; what is wrong with one is told with its place."""
    found = []
    for at, one in enumerate(parts):
        try:
            found.append(work(one))
        except Misread as misread:
            raise Misread(f"{at}-{misread}") from None
    return found
