"""What a promotion gives and at most, as the rows of the builder, and back.

A row shows the common mechanics; an effect of another kind, or with parts that no row has, is kept as it is. What a row
does not show of an effect (its rounding, its role) stays with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.promotions.wording.rows import Misread, number, plain_number

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mechanic:
    """A kind of effect as the builder offers it. `value`: what its number or text is (factor, percent, points, money,
    count, text); `each`: what "for every" is; `points`: whether it has a currency and a life."""

    code: str
    kind: str
    calc: str
    value: str
    en: str
    ru: str
    each: str = ""
    points: bool = False
    named: str = ""

    def label(self, language: str) -> str:
        """What it is called where it is chosen."""
        return self.ru if language == "ru" else self.en


MECHANICS: Mapping[str, Mechanic] = {
    one.code: one
    for one in (
        Mechanic("multiply", "points.credit", "multiply", "factor", "Multiply points", "Умножить баллы", points=True),
        Mechanic("percent", "points.credit", "percent", "percent", "Percent in points", "Процент баллами", points=True),
        Mechanic(
            *("per_amount", "points.credit", "per_amount", "points", "Points per amount", "Баллы за сумму"),
            each="money",
            points=True,
        ),
        Mechanic("fixed", "points.credit", "fixed", "points", "Fixed points", "Баллы разово", points=True),
        Mechanic(
            *("per_qty", "points.credit", "per_qty", "points", "Points per piece", "Баллы за штуку"),
            each="quantity",
            points=True,
        ),
        Mechanic("off_percent", "discount", "percent", "percent", "Discount, percent", "Скидка в процентах"),
        Mechanic("off_fixed", "discount", "fixed", "money", "Discount, amount", "Скидка суммой"),
        Mechanic("price", "discount", "fixed_price", "money", "Price of a piece", "Цена за штуку"),
        Mechanic("cheapest", "discount", "cheapest_free", "count", "Cheapest of every N", "Самая дешёвая из N"),
        Mechanic("coupon", "coupon.issue", "", "text", "Issue a coupon", "Выдать купон", named="template"),
        Mechanic("badge", "badge.grant", "", "text", "Grant a badge", "Вручить значок", named="badge"),
        Mechanic("draw", "draw.enter", "", "text", "Enter a draw", "Билет розыгрыша", each="money?", named="draw"),
        Mechanic("gift", "gift", "", "text", "Give a gift", "Подарок", named="sku"),
        Mechanic("message", "message.send", "", "text", "Send a message", "Отправить сообщение", named="template"),
        Mechanic("slip", "receipt.text", "", "text", "Print on the slip", "Текст на чеке", named="text"),
    )
}
_PART = {"percent": "bp", "per_amount": "points", "fixed": "points", "per_qty": "points", "multiply": "x_bp"}
_PART |= {"fixed_price": "price", "cheapest_free": "every"}
_EACH = {"per_amount": "each", "per_qty": "each_m"}
_TAKE_LINES = frozenset({"points.credit", "cashback", "discount", "progress.add", "draw.enter"})
METRICS = ("units", "uses", "money", "coupons")
PERS = ("member", "promotion", "household", "partner", "store", "card", "receipt", "line")
PERIODS = ("life", "day", "week", "month", "year", "campaign", "receipt")


@dataclass(frozen=True, slots=True)
class Money:
    """How many decimals the program's money has, and each of its points currencies."""

    decimals: int
    points: Mapping[str, int]

    def of(self, unit: str, currency: str) -> int:
        """The decimals of a value of this kind."""
        known = {"factor": 4, "percent": 2, "money": self.decimals, "quantity": 3, "count": 0}
        return self.points.get(currency, 0) if unit == "points" else known[unit]


@dataclass(frozen=True, slots=True)
class Gift:
    """One effect as it is typed; `raw` is the effect that it was before, `kept` says that no row can show it."""

    mechanic: str = ""
    value: str = ""
    each: str = ""
    currency: str = ""
    account: str = ""
    expire_days: str = ""
    raw: Raw | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Cap:
    """One limit as it is typed."""

    value: str = ""
    metric: str = "units"
    per: str = "member"
    period: str = "life"
    skip: bool = False


def takes_lines(raw: Any) -> bool:
    """Whether an effect is for lines, which its `where` names."""
    return isinstance(raw, Mapping) and isinstance(raw.get("kind"), str) and raw["kind"] in _TAKE_LINES


def gift_of(raw: Any, money: Money) -> Gift:
    """The row of an effect."""
    if not isinstance(raw, Mapping):
        return Gift(raw=raw, kept=True)
    calc = raw.get("calc") if isinstance(raw.get("calc"), Mapping) else {}
    asked = (raw.get("kind"), (calc or {}).get("type", ""))
    known = next((one for one in MECHANICS.values() if (one.kind, one.calc) == asked), None)
    if known is None or not _plain(raw, calc or {}, known):
        return Gift(raw=raw, kept=True)
    currency = str(raw.get("currency", ""))
    each = raw.get("each") if known.each == "money?" else (calc or {}).get(_EACH.get(known.calc, ""))
    unit = known.each.rstrip("?")
    return Gift(
        known.code,
        _value_text(raw, calc or {}, known, money, currency),
        "" if each is None else plain_number(each, money.of(unit, currency)),
        currency,
        str(raw.get("account") or ""),
        "" if raw.get("expire_days") is None else str(raw["expire_days"]),
        raw,
    )


def raw_of(gift: Gift, money: Money) -> Any:
    """The effect that a row says, without its lines; a kept one as it is. Raises Misread with `<field>:<code>`."""
    if gift.kept:
        return dict(gift.raw) if isinstance(gift.raw, Mapping) else gift.raw
    known = MECHANICS.get(gift.mechanic)
    if known is None:
        raise Misread("mechanic:choose")
    was = dict(gift.raw or {}) if gift.raw and gift.raw.get("kind") == known.kind else {}
    if known.named:
        was.pop("each", None)
    found: dict[str, Any] = {**was, "kind": known.kind}
    if known.points:
        if gift.currency not in money.points:
            raise Misread("currency:choose")
        found = {name: value for name, value in found.items() if name not in ("account", "expire_days")}
        found |= {"currency": gift.currency} | _life(gift)
    if known.named:
        return found | _named(gift, known, money)
    calc: dict[str, Any] = {"type": known.calc}
    part = "minor" if known.code == "off_fixed" else _PART[known.calc]
    calc[part] = _read(gift.value, money.of(known.value, gift.currency), "value", least=1)
    if known.each:
        calc[_EACH[known.calc]] = _read(gift.each, money.of(known.each, gift.currency), "each", least=1)
    more = was.get("calc") if isinstance(was.get("calc"), Mapping) else {}
    same = (more or {}).get("type") == known.calc
    found["calc"] = {**((more or {}) if same else {}), **calc}
    return found


def cap_of(given: Any, currency: str, money: Money) -> Cap | None:
    """The row of a limit; None for one that no row can show."""
    if not isinstance(given, Mapping) or type(given.get("value")) is not int:
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
    most = _read(cap.value, _decimals(cap.metric, currency, money), "value", least=0)
    found: dict[str, Any] = {"metric": cap.metric, "per": cap.per, "period": cap.period, "value": most}
    return found | {"on_exceed": "skip" if cap.skip else "clamp"}


def _decimals(metric: str, currency: str, money: Money) -> int:
    return {"units": money.points.get(currency, 0), "money": money.decimals}.get(metric, 0)


def _plain(raw: Raw, calc: Raw, known: Mechanic) -> bool:
    """Whether a row shows all that matters of an effect."""
    if known.named:
        return isinstance(raw.get(known.named), str) and type(raw.get("each", 0)) is int
    part = "minor" if known.code == "off_fixed" else _PART[known.calc]
    each = _EACH.get(known.calc)
    if each and type(calc.get(each)) is not int:
        return False
    if raw.get("expire_days") is not None and type(raw["expire_days"]) is not int:
        return False
    return type(calc.get(part)) is int


def _value_text(raw: Raw, calc: Raw, known: Mechanic, money: Money, currency: str) -> str:
    if known.named:
        return str(raw[known.named])
    part = "minor" if known.code == "off_fixed" else _PART[known.calc]
    decimals = money.of(known.value, currency)
    text = plain_number(calc[part], decimals)
    return text.rstrip("0").rstrip(".") if "." in text and known.value in ("factor", "percent") else text


def _named(gift: Gift, known: Mechanic, money: Money) -> dict[str, Any]:
    """The one thing that an effect names, and for which amount each there is one."""
    if not gift.value.strip():
        raise Misread("value:required")
    each: dict[str, Any] = {}
    if known.each and gift.each.strip():
        each = {"each": _read(gift.each, money.decimals, "each", least=1)}
    return {known.named: gift.value.strip(), **each}


def _life(gift: Gift) -> dict[str, Any]:
    """On which account the points are, and for how many days."""
    account = {"account": gift.account} if gift.account else {}
    days = {"expire_days": _read(gift.expire_days, 0, "expire_days", least=1)} if gift.expire_days.strip() else {}
    return account | days


def _read(text: str, decimals: int, name: str, *, least: int) -> int:
    try:
        value = number(text, decimals)
    except Misread as wrong:
        raise Misread(f"{name}:{wrong}") from None
    if value < least:
        raise Misread(f"{name}:number")
    return value
