"""What the builder offers to give, and the rows in which it is typed: a gift, the rows of a gift, a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coalition.promotions.wording.rows import Row

Raw = Mapping[str, Any]
LEVELS = "rules"  # the levels of a document, which are no effect


@dataclass(frozen=True, slots=True)
class Mechanic:
    """A kind of effect as the builder offers it. `value`: what its number or text is (factor, percent, points, money,
    count, odds, text); `each`: what "for every" is; `points`: whether it has a currency and a life; `parts`: what it
    has rows of its own for (steps, goods, follow, tiers)."""

    code: str
    kind: str
    calc: str
    value: str
    en: str
    ru: str
    each: str = ""
    points: bool = False
    named: str = ""
    parts: str = ""

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
        Mechanic(
            *("table_points", "points.credit", "table", "", "Points by steps", "Баллы по ступеням"),
            points=True,
            parts="steps",
        ),
        Mechanic(
            *("table_percent", "points.credit", "table", "", "Percent by steps", "Процент по ступеням"),
            points=True,
            parts="steps",
        ),
        Mechanic(
            *("by_tier", LEVELS, "", "", "Multiply points by tier", "Умножить баллы по уровню"),
            points=True,
            parts="tiers",
        ),
        Mechanic("off_percent", "discount", "percent", "percent", "Discount, percent", "Скидка в процентах"),
        Mechanic("off_fixed", "discount", "fixed", "money", "Discount, amount", "Скидка суммой"),
        Mechanic("price", "discount", "fixed_price", "money", "Price of a piece", "Цена за штуку"),
        Mechanic("cheapest", "discount", "cheapest_free", "count", "Cheapest of every N", "Самая дешёвая из N"),
        Mechanic(
            *("bundle", "discount", "bundle", "money", "A set for one price", "Набор за одну цену"),
            parts="goods",
        ),
        Mechanic(
            *("progress", "progress.add", "", "text", "Count to an achievement", "Засчитать в достижение"),
            named="achievement",
            parts="follow",
        ),
        Mechanic("chance", "chance", "", "odds", "Instant win", "Мгновенный выигрыш", parts="follow"),
        Mechanic("coupon", "coupon.issue", "", "text", "Issue a coupon", "Выдать купон", named="template"),
        Mechanic("badge", "badge.grant", "", "text", "Grant a badge", "Вручить значок", named="badge"),
        Mechanic("draw", "draw.enter", "", "text", "Enter a draw", "Билет розыгрыша", each="money?", named="draw"),
        Mechanic("gift", "gift", "", "text", "Give a gift", "Подарок", named="sku"),
        Mechanic("message", "message.send", "", "text", "Send a message", "Отправить сообщение", named="template"),
        Mechanic("slip", "receipt.text", "", "text", "Print on the slip", "Текст на чеке", named="text"),
    )
}
PART = {"percent": "bp", "per_amount": "points", "fixed": "points", "per_qty": "points", "multiply": "x_bp"}
PART |= {"fixed_price": "price", "cheapest_free": "every", "bundle": "price"}
EACH = {"per_amount": "each", "per_qty": "each_m"}
TAKE_LINES = frozenset({"points.credit", "cashback", "discount", "progress.add", "draw.enter", LEVELS})
FOLLOWING = ("fixed", "coupon", "badge", "gift", "message", "slip")  # what can follow, in the order of the list
STEPS = ("event", "qty", "amount", "points", "distinct_days")  # what an achievement counts
PARTS_MOST = 20
METRICS = ("units", "uses", "money", "coupons", "prizes")
PERS = ("member", "promotion", "household", "partner", "store", "card", "receipt", "line")
PERIODS = ("life", "day", "week", "month", "year", "campaign", "receipt")


@dataclass(frozen=True, slots=True)
class Money:
    """How many decimals the program's money has, and each of its points currencies."""

    decimals: int
    points: Mapping[str, int]

    def of(self, unit: str, currency: str) -> int:
        """The decimals of a value of this kind."""
        known = {"factor": 4, "percent": 2, "money": self.decimals, "quantity": 3, "count": 0, "odds": 4}
        return self.points.get(currency, 0) if unit == "points" else known[unit]


@dataclass(frozen=True, slots=True)
class Part:
    """A row of a gift: a step (from `start` on, `value`), goods of a set (`value` pieces of what is `asked`), a tier
    (`start`) with its factor, or what follows. `raw`, `kept` and `place` as of a gift."""

    value: str = ""
    start: str = ""
    mechanic: str = ""
    currency: str = ""
    asked: Row = field(default_factory=Row)
    raw: Raw | None = None
    kept: bool = False
    place: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Gift:
    """One effect as it is typed; `raw` is the effect that it was before, `kept` says that no row can show it.

    `place`: where it stood in the draft. `qualifying`: its points count for the member's tier. `mode` (step, slice) and
    `on` (amount, qty_m) of steps; `by`, `target`, `repeat` and `within` (a period, or nothing) of an achievement.
    """

    mechanic: str = ""
    value: str = ""
    each: str = ""
    currency: str = ""
    account: str = ""
    expire_days: str = ""
    raw: Raw | None = None
    kept: bool = False
    place: int = field(default=-1, compare=False)
    parts: tuple[Part, ...] = ()
    mode: str = ""
    on: str = ""
    by: str = ""
    target: str = ""
    repeat: bool = False
    within: str = ""
    qualifying: bool = False


@dataclass(frozen=True, slots=True)
class Cap:
    """One limit as it is typed."""

    value: str = ""
    metric: str = "units"
    per: str = "member"
    period: str = "life"
    skip: bool = False
