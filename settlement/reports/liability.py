"""The liability: points that members hold on a day, by when they were issued and when they end, and their worth.

`face` is points at the currency's face value; `expected` is that part of it that is expected to be redeemed. Money is
rounded by running sums, so that every table sums to the same cent.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from coalition import partners, programs
from coalition.kernel.db import fetch_all, load_sql
from coalition.kernel.money import to_minor
from settlement.reports import expectations
from settlement.reports.selection import Selection
from settlement.reports.tables import Cell, Chart, Column, Curve, Report, Row, Table, spread

CODE = "liability"


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Points of one currency and funder, by month of issue and month of their last day (None: they never end)."""

    currency_id: int
    funder_id: int
    issued: dt.date
    expires: dt.date | None
    points: int


def outstanding(program: programs.Program, until: dt.datetime, funder_id: int | None = None) -> list[Outstanding]:
    """The points outstanding at an instant; one pass over the ledger's movements until then."""
    rows = fetch_all(
        load_sql(__file__, "liability.sql"),
        {"program": program.id, "zone": program.zone, "until": until, "funder": funder_id},
    )
    return [Outstanding(**row._mapping) for row in rows]


def build(chosen: Selection) -> Report:
    """The report at the end of the chosen day."""
    program, currency = chosen.program, chosen.currency
    found = outstanding(program, chosen.end, chosen.entity.id if chosen.entity else None)
    shares = expectations.on(program.id, chosen.on)
    own = [one for one in found if one.currency_id == currency.id]
    names = {entity.id: entity.name for entity in partners.entities(program.id)}
    by_expiry = _table("by_expiry", chosen, own, shares, ("expires", "month"), lambda one: one.expires)
    tables = (
        by_expiry,
        _table("by_vintage", chosen, own, shares, ("issued", "month"), lambda one: one.issued),
        _table("by_funder", chosen, own, shares, ("funder", "text"), lambda one: names[one.funder_id]),
        _grid(chosen, own, shares, names),
        _currencies(program, found, shares),
    )
    values = tuple(int(str(cell)) for cell in by_expiry.column("points"))
    chart = Chart("bars", tuple(by_expiry.column("expires")), (Curve("points", values),), currency.decimals)
    facts: dict[str, Cell] = {"on": chosen.on, "face_value": face(program, currency)}
    return Report(CODE, tables, facts, chart)


def face(program: programs.Program, currency: programs.Currency) -> Decimal:
    """What one whole point is worth, in whole units of the program's money."""
    return currency.face_minor.scaleb(currency.decimals - program.currency_decimals)


Shares = Mapping[tuple[int, int], Decimal]
Key = Callable[[Outstanding], Cell]


def _money(chosen: Selection) -> tuple[Column, Column, Column]:
    places = chosen.program.currency_decimals
    return (
        Column("points", "points", chosen.currency.decimals, total=True),
        Column("face", "money", places, total=True),
        Column("expected", "money", places, total=True),
    )


def _table(
    code: str, chosen: Selection, found: Sequence[Outstanding], shares: Shares, head: tuple[str, str], key: Key
) -> Table:
    points: dict[Cell, int] = defaultdict(int)
    expected: dict[Cell, Decimal] = defaultdict(Decimal)
    for one in found:
        points[key(one)] += one.points
        expected[key(one)] += one.points * shares[one.currency_id, one.funder_id] * chosen.currency.face_minor
    order = sorted(points, key=lambda cell: (cell is None, str(cell)))
    faces = spread(points[cell] * chosen.currency.face_minor for cell in order)
    parts = spread(expected[cell] for cell in order)
    rows = [(cell, points[cell], value, part) for cell, value, part in zip(order, faces, parts, strict=True)]
    return Table(code, (Column(*head), *_money(chosen)), rows)


def _grid(chosen: Selection, found: Sequence[Outstanding], shares: Shares, names: Mapping[int, str]) -> Table:
    """Every cell of vintage, expiry and funder."""
    value = chosen.currency.face_minor
    faces = spread(one.points * value for one in found)
    parts = spread(one.points * shares[one.currency_id, one.funder_id] * value for one in found)
    rows = [
        (one.issued, one.expires, names[one.funder_id], one.points, face_minor, part)
        for one, face_minor, part in zip(found, faces, parts, strict=True)
    ]
    head = (Column("issued", "month"), Column("expires", "month"), Column("funder"))
    return Table("lots", (*head, *_money(chosen)), rows)


def _currencies(program: programs.Program, found: Sequence[Outstanding], shares: Shares) -> Table:
    """All points currencies; points as whole numbers with the decimals that each has."""
    rows: list[Row] = []
    for currency in programs.currencies(program.id):
        own = [one for one in found if one.currency_id == currency.id]
        points = sum(one.points for one in own)
        expected = sum((one.points * shares[one.currency_id, one.funder_id] for one in own), Decimal(0))
        amounts = [to_minor(whole * currency.face_minor, 0) for whole in (Decimal(points), expected)]
        rows.append((currency.code, Decimal(points).scaleb(-currency.decimals), *amounts))
    places = program.currency_decimals
    money = (Column("face", "money", places, total=True), Column("expected", "money", places, total=True))
    return Table("by_currency", (Column("currency"), Column("points", "exact"), *money), rows)
