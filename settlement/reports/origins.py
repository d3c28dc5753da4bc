"""The tax-origin pack: of each redeemed point the sale it was given for, its day, its issuer and the VAT rate then.

An issuer's tax base falls only when points are redeemed, at the rate of the original sale (BFH on the A-Card; OFD
Magdeburg asks which sales they come from, first in, first out). Which lots a redemption draws is the attribution rule
of the currency; the pack says which. Receipts carry no VAT, so the rate is that of the issuer's agreement on the day of
issue. `value` is at face, `vat` the part of it that the rate makes, both rounded by running sums. No tax advice.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from coalition import partners
from coalition.kernel import clock
from coalition.kernel.db import AnyRow, fetch_all, load_sql
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.money import round_half_up
from settlement.reports.selection import Selection
from settlement.reports.tables import Cell, Chart, Column, Curve, Report, Row, Table

CODE = "origins"
MOST = 250_000
_Group = tuple[int, dt.date, Decimal]


def build(chosen: Selection) -> Report:
    """The redemptions of the chosen months. Raises Invalid for more lines than one report holds."""
    found = _read(chosen)
    names = {entity.id: entity.name for entity in partners.entities(chosen.program.id)}
    lines, summed = _lines(chosen, found, names), _summary(chosen, found, names)
    by_month: dict[dt.date, int] = defaultdict(int)
    for row in found:
        by_month[_month(row.issued_at, chosen)] += row.points
    months = sorted(by_month)
    curve = Curve("points", tuple(by_month[month] for month in months))
    chart = Chart("bars", tuple(months), (curve,), chosen.currency.decimals) if months else None
    facts: dict[str, Cell] = {"attribution": chosen.currency.attribution}
    return Report(CODE, (summed, lines), facts, chart)


def _read(chosen: Selection) -> Sequence[AnyRow]:
    zone = chosen.program.zone
    found = fetch_all(
        load_sql(__file__, "origins.sql"),
        {
            "program": chosen.program.id,
            "zone": zone,
            "currency": chosen.currency.id,
            "since": clock.start_of_day(chosen.since, zone),
            "until": clock.start_of_day(clock.add_months(chosen.until, 1), zone),
            "funder": chosen.entity.id if chosen.entity else None,
            "limit": MOST + 1,
        },
    )
    if len(found) > MOST:
        error = FieldError("/since", "too_many_lines", f"One report holds {MOST} lines; choose fewer months.")
        raise Invalid("invalid", "These are too many lines.", [error])
    return found


def _lines(chosen: Selection, found: Sequence[AnyRow], names: dict[int, str]) -> Table:
    running: dict[_Group, tuple[Decimal, int, int]] = {}
    rows: list[Row] = []
    for one in found:
        value, vat = _amounts(running, one, chosen)
        rows.append(
            (
                _day(one.occurred_at, chosen),
                one.redemption,
                names.get(one.redeemer_id, ""),
                names[one.funder_id],
                _day(one.issued_at, chosen),
                one.receipt or "",
                "moved" if one.arrived else "sale",
                one.points,
                one.vat_rate,
                value,
                vat,
                one.movement_id,
            )
        )
    head = (Column("redeemed_on", "date"), Column("redemption"), Column("redeemer"), Column("funder"))
    origin = (Column("issued_on", "date"), Column("receipt"), Column("origin", "code"))
    return Table("lines", (*head, *origin, *_amount_columns(chosen), Column("movement")), rows)


def _summary(chosen: Selection, found: Sequence[AnyRow], names: dict[int, str]) -> Table:
    """By issuer, month of issue and VAT rate."""
    running: dict[_Group, tuple[Decimal, int, int]] = {}
    points: dict[_Group, int] = defaultdict(int)
    for one in found:
        _amounts(running, one, chosen)
        points[_group(one, chosen)] += one.points
    rows: list[Row] = [
        (names[group[0]], group[1], points[group], group[2], value, vat)
        for group, (_, value, vat) in sorted(running.items())
    ]
    return Table("summary", (Column("funder"), Column("issued", "month"), *_amount_columns(chosen)), rows)


def _amounts(running: dict[_Group, tuple[Decimal, int, int]], one: AnyRow, chosen: Selection) -> tuple[int, int]:
    """A line's value and VAT, as the differences of the rounded running sums of its group."""
    group = _group(one, chosen)
    exact, value, vat = running.get(group, (Decimal(0), 0, 0))
    exact += one.points * chosen.currency.face_minor
    now = (int(round_half_up(exact)), int(round_half_up(exact * one.vat_rate / (1 + one.vat_rate))))
    running[group] = (exact, *now)
    return now[0] - value, now[1] - vat


def _group(one: AnyRow, chosen: Selection) -> _Group:
    return one.funder_id, _month(one.issued_at, chosen), one.vat_rate


def _amount_columns(chosen: Selection) -> tuple[Column, ...]:
    money = chosen.program.currency_decimals
    return (
        Column("points", "points", chosen.currency.decimals, total=True),
        Column("vat_rate", "share"),
        Column("value", "money", money, total=True),
        Column("vat", "money", money, total=True),
    )


def _day(instant: dt.datetime, chosen: Selection) -> dt.date:
    return clock.local_date(instant, chosen.program.zone)


def _month(instant: dt.datetime, chosen: Selection) -> dt.date:
    return _day(instant, chosen).replace(day=1)
