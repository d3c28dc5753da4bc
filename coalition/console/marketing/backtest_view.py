"""What the page of a back-test shows: every figure in the reader's money, rows that sum to their total, a chart.

Worth is kept in millionths of a minor unit; a table is rounded as a whole (largest remainder), so that what is printed
sums to what is printed below it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from coalition import insight, partners, programs, promotions
from coalition.console.marketing import showing
from coalition.insight import Backtest, Figures, Pair
from coalition.kernel import ids
from coalition.kernel.money import largest_remainder
from coalition.kernel.web import charts, formats
from coalition.programs import Program
from coalition.promotions.wording import Names

_ROWS = 30
_DAYS_DRAWN = 45
_BP = 10_000


def context(program: Program, backtest: Backtest, figures: Figures, names: Names, language: str) -> dict[str, Any]:
    """Everything that the page of a finished back-test shows beside what it was asked."""
    total = Pair(*map(insight.minor, figures.total()))
    candidate = insight.candidate(backtest.id)
    titles = {one["id"]: showing.title(one, one["id"], language) for one in candidate["promotions"]}
    campaigns = {f"campaign:{one.code}": one for one in promotions.list_campaigns(program.id)}
    called = {code: one.name_ru if language == "ru" else one.name_en for code, one in campaigns.items()}
    return {
        "total": total,
        "margin": _percent(backtest.margin_bp),
        "redeemed": _percent(backtest.redeemed_bp),
        "liability": total.difference * backtest.redeemed_bp // _BP,
        "chart": chart(program, figures),
        "currencies": [(code, figures.sums.total(code)) for code in figures.sums.currencies()],
        "tables": _tables(program, figures, names, titles, language),
        "budgets": [_budget(one, titles | called) for one in figures.budgets[:_ROWS]],
        "top": [_top(one) for one in figures.top],
        "worst": [_worst(one) for one in figures.worst],
        "quantiles": [(_percent(share), insight.minor(gain)) for share, gain in figures.quantiles.items()],
        "gifts": [(titles.get(code, code), kind, both) for (code, kind), both in figures.gifts.items()],
    }


def chart(program: Program, figures: Figures) -> Markup | None:
    """What the draft adds, day by day, or month by month where there are many days; None where it adds nothing."""
    by_day = {dt.date.fromisoformat(day): both for day, both in figures.worth("day").items()}
    if not by_day:
        return None
    many = (max(by_day) - min(by_day)).days >= _DAYS_DRAWN
    added: dict[dt.date, int] = defaultdict(int)
    for day, both in by_day.items():
        added[day.replace(day=1) if many else day] += both.difference
    days = sorted(added)
    if not any(added.values()):
        return None
    values = [insight.minor(added[day]) for day in days]
    labels = [formats.when(day, "short_month") if many else str(day.day) for day in days]
    alt = gettext("What it adds to the worth of rewards, over the days of the back-test")
    if min(values) < 0:
        steps = [charts.Step(*one, "plus" if one[1] >= 0 else "minus") for one in zip(labels, values, strict=True)]
        return charts.waterfall(steps, alt, program.currency_decimals)
    columns = [charts.Bar(*one) for one in zip(labels, values, strict=True)]
    return charts.bars(columns, alt, decimals=program.currency_decimals, width=1080)


def money_rows(worth: Mapping[str, Pair]) -> dict[str, Pair]:
    """Worth as minor money by key, rounded so that the rows sum to the rounded total."""
    sides = []
    for side in (0, 1):
        values = [both[side] for both in worth.values()]
        sides.append(largest_remainder(insight.minor(sum(values)), values) if values else [])
    return {key: Pair(active, draft) for key, active, draft in zip(worth, *sides, strict=True)}


def _tables(
    program: Program, figures: Figures, names: Names, titles: Mapping[str, str], language: str
) -> list[tuple[str, list[tuple[str, Pair]], int]]:
    """By dimension: its rows (name, money), those with most first; and how many there are in all."""
    known = partners.list_partners(program.id)
    outlets = {str(one.id): f"{one.name}" for partner in known for one in partners.list_outlets(partner.id)}
    entities = {str(one.id): one.name for one in partners.entities(program.id)}
    tiers = names.values["tiers"]
    called: dict[str, Callable[[str], str]] = {
        "funder": lambda key: entities.get(key, key),
        "promotion": lambda key: titles.get(key, key),
        "partner": lambda key: next((one.name for one in known if str(one.id) == key), key),
        "outlet": lambda key: outlets.get(key, key),
        "tier": lambda key: tiers[key][language == "ru"] if key in tiers else key,
    }
    found = []
    for dimension, name in called.items():
        rows = sorted(money_rows(figures.worth(dimension)).items(), key=lambda row: (-row[1].draft, row[0]))
        found.append((dimension, [(name(key), both) for key, both in rows[:_ROWS]], len(rows)))
    return found


def _budget(one: Any, titles: Mapping[str, str]) -> dict[str, Any]:
    owner, metric, who, when = insight.parted(one.counter)
    whose, place = who.partition(":")[::2]
    return {
        "name": titles.get(owner, owner.removeprefix("campaign:")),
        "who": "" if whose in ("promotion", "campaign") else place,
        "when": "" if when.startswith("campaign:") else when.partition(":")[2].lstrip("*"),
        "metric": metric,
        "used": one.used,
        "limit": one.limit,
        "share": one.used * 100 // one.limit if one.limit else 100,
        "gone_on": one.gone_on,
    }


def _percent(basis_points: int) -> str:
    return formats.rate(Decimal(basis_points) / 100)


def _top(one: Any) -> dict[str, Any]:
    both = Pair(insight.minor(one.active), insight.minor(one.draft))
    return {"member": ids.public("mbr", one.member_id), "worth": both}


def _worst(one: Any) -> dict[str, Any]:
    purchase, member = ids.public("pur", one.purchase_id), ids.public("mbr", one.member_id)
    return {"purchase": purchase, "member": member, "paid": one.paid, "reward": insight.minor(one.reward)}


def decimals_of(program: Program) -> dict[str, int]:
    """The decimals of each currency in which something may be given."""
    points = {one.code: one.decimals for one in programs.currencies(program.id)}
    return points | {insight.DISCOUNTS: program.currency_decimals}
