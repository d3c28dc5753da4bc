"""The forecast: redemptions and cash of the coming months, with a band, and how it would have told the last half year.

A month is settled in the one after it: what issuers pay for points issued and redeemed comes in then, what redeemers
and suppliers are owed goes out, VAT included, at the average prices of the last year's documents.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from coalition.kernel import clock
from coalition.kernel.money import round_half_up
from settlement import accruals
from settlement.reports import billed, cohorts, deferred, outlook, survival
from settlement.reports.cohorts import History
from settlement.reports.outlook import LOOKED_BACK, Month
from settlement.reports.selection import Selection
from settlement.reports.survival import SURE, ZERO, Band
from settlement.reports.tables import Cell, Chart, Column, Curve, Report, Row, Table
from settlement.statements import Document

CODE = "forecast"
TRIED_MONTHS = 6
_PER = {
    "issue_funding": "issued",
    "service_fee": "issued",
    "redemption_funding": "redeemed_in",
    "redeemed": "redeemed_out",
    "supplied": "redeemed_out",
    "delivery": "redeemed_out",
    "taken_back": "redeemed_out",
    "breakage": "lapsed",
}


@dataclass(frozen=True, slots=True)
class Prices:
    """What a point brought and cost on average, in minor units of money per minor unit of points, VAT included."""

    issued: Decimal
    redeemed_in: Decimal
    redeemed_out: Decimal
    lapsed: Decimal


def build(chosen: Selection) -> Report:
    """The months after the chosen last month."""
    history = cohorts.history(chosen)
    vintages, births = history.vintages(), _births(history)
    curve = survival.fit(vintages, history.life)
    pace = outlook.pace(vintages, curve, births)
    told = outlook.ahead(curve, vintages, pace, chosen.months)
    prices = _prices(chosen)
    last = _last(history, births)
    months = [clock.add_months(history.last, ahead) for ahead in range(1, chosen.months + 1)]
    rows: list[Row] = []
    for at, (month, one) in enumerate(zip(months, told, strict=True)):
        cash = _cash(told[at - 1] if at else last, prices, pace.error if at else ZERO)
        points = (one.issued, one.redeemed.value, one.redeemed.low, one.redeemed.high, one.lapsed, one.outstanding)
        rows.append((month, *map(_whole, points), *map(_whole, cash)))
    table = Table("months", _columns(chosen), rows)
    tried = _tried(chosen, history, births)
    facts: dict[str, Cell] = {"within": f"{tried.column('within').count('yes')} / {len(tried.rows)}"}
    return Report(CODE, (table, tried), facts, _chart(chosen, history, months, told))


def _columns(chosen: Selection) -> tuple[Column, ...]:
    points, money = chosen.currency.decimals, chosen.program.currency_decimals
    return (
        Column("month", "month"),
        Column("issued", "points", points, total=True),
        Column("redeemed", "points", points, total=True),
        *(Column(code, "points", points) for code in ("low", "high")),
        Column("lapsed", "points", points, total=True),
        Column("outstanding", "points", points),
        *(Column(code, "money", money, total=True) for code in ("cash_in", "cash_out", "cash_net")),
        *(Column(code, "money", money) for code in ("cash_low", "cash_high")),
    )


def _tried(chosen: Selection, history: History, births: Sequence[int]) -> Table:
    """The last half year, as it would have been told before it."""
    months = min(TRIED_MONTHS, max(len(births) - 1, 0))
    before = history.cut(months)
    told = outlook.fitted(before.vintages(), history.life, births[: len(births) - months], months)
    rows: list[Row] = []
    for at, one in enumerate(told, 1):
        month = clock.add_months(before.last, at)
        came, band = history.redeemed_in(month), one.redeemed
        held = "yes" if int(band.low) <= came <= int(band.high) + 1 else "no"
        rows.append((month, *map(_whole, (band.value, band.low, band.high)), came, held))
    points = [Column(code, "points", chosen.currency.decimals) for code in ("foretold", "low", "high", "came")]
    return Table("backtest", (Column("month", "month"), *points, Column("within", "code")), rows)


def _chart(chosen: Selection, history: History, months: Sequence[dt.date], told: Sequence[Month]) -> Chart:
    past = [clock.add_months(history.last, back) for back in range(1 - LOOKED_BACK, 1)]
    none = (None,) * len(past)
    bands = [one.redeemed for one in told]
    came = Curve("came", (*(history.redeemed_in(month) for month in past), *(None,) * len(months)))
    foretold = Curve(
        "foretold",
        (*none, *(_whole(band.value) for band in bands)),
        (*none, *(_whole(band.low) for band in bands)),
        (*none, *(_whole(band.high) for band in bands)),
    )
    return Chart("curves", (*past, *months), (came, foretold), chosen.currency.decimals)


def _births(history: History) -> list[int]:
    """What each month issued, from the first through the last."""
    if not history.cohorts:
        return []
    born = {one.issued_in: one.vintage.issued for one in history.cohorts}
    first = history.cohorts[0].issued_in
    count = cohorts.months_between(first, history.last) + 1
    return [born.get(clock.add_months(first, at), 0) for at in range(count)]


def _last(history: History, births: Sequence[int]) -> Month:
    """The last month of the past, which is settled in the first one ahead."""
    redeemed = Decimal(history.redeemed_in(history.last))
    ages = ((one.vintage, cohorts.months_between(one.issued_in, history.last)) for one in history.cohorts)
    lapsed = sum(vintage.lapsed[age] for vintage, age in ages if age < vintage.age)
    return Month(Decimal(births[-1] if births else 0), Band(redeemed, redeemed, redeemed), Decimal(lapsed), ZERO)


def _cash(month: Month, prices: Prices, error: Decimal) -> tuple[Decimal, ...]:
    """In, out, net, and the band of the net, when a month is settled."""
    redeemed = month.redeemed.value
    cash_in = month.issued * prices.issued + redeemed * prices.redeemed_in
    cash_out = redeemed * prices.redeemed_out + month.lapsed * prices.lapsed
    swing = abs(prices.redeemed_in - prices.redeemed_out) * (month.redeemed.high - redeemed)
    half = (swing**2 + prices.issued**2 * SURE**2 * error).sqrt()
    return cash_in, cash_out, cash_in - cash_out, cash_in - cash_out - half, cash_in - cash_out + half


def _prices(chosen: Selection) -> Prices:
    periods = deferred.periods_through(chosen.program.id, chosen.until)[-LOOKED_BACK:]
    totals = accruals.totals(chosen.program.id, chosen.currency.id)
    money: dict[str, Decimal] = defaultdict(Decimal)
    points: dict[str, int] = defaultdict(int)
    for period in periods:
        for document in billed.documents(period):
            _add(money, document, chosen.currency.id)
        kinds = totals.get(period.id, {})
        points["issued"] += kinds.get("issue", 0) - kinds.get("clawback", 0)
        points["redeemed_in"] += kinds.get("redeem", 0)
        points["lapsed"] += kinds.get("expire", 0)
    points["redeemed_out"] = points["redeemed_in"]
    return Prices(**{name: _average(money, points, name) for name in Prices.__slots__})


def _average(money: Mapping[str, Decimal], points: Mapping[str, int], name: str) -> Decimal:
    return money.get(name, ZERO) / points[name] if points[name] > 0 else ZERO


def _add(money: dict[str, Decimal], document: Document, currency_id: int) -> None:
    """A document's lines with their VAT; what suppliers invoice has no points currency."""
    for line in document.lines:
        if line.code in _PER and line.currency_id in (None, currency_id):
            money[_PER[line.code]] += line.net_minor * (1 + document.vat_rate)


def _whole(value: Decimal) -> int:
    return int(round_half_up(value))
