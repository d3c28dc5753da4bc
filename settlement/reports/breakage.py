"""Breakage as a measured estimate: redemption curves by month of issue, with a band, tried on the past.

The figure to take over as the expected redemption is `expected` of the facts; its band says how much it may be wrong.
What it does not know: a change of rules that members have not met yet, and points younger than the oldest vintage.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from coalition.kernel.money import round_half_up
from settlement.reports import cohorts, survival
from settlement.reports.cohorts import History
from settlement.reports.selection import Selection
from settlement.reports.survival import Band, Vintage
from settlement.reports.tables import Cell, Chart, Column, Report, Row, Table
from settlement.reports.tables import Curve as Drawn

CODE = "breakage"
TRIED_MONTHS = 6
_SHARE_PLACES = 4
_BASIS = 10_000
_DRAWN = 3
_BEYOND = 12  # ages shown that nobody has lived through yet


def build(chosen: Selection) -> Report:
    """The curves through the chosen last month."""
    history = cohorts.history(chosen)
    vintages = history.vintages()
    curve = survival.fit(vintages, history.life)
    bands = survival.share(curve)
    whole = survival.total(curve, vintages)
    issued = sum(one.issued for one in vintages)
    expected = _of(whole, issued)
    facts: dict[str, Cell] = {
        "expected_share": _share(expected.value),
        "share_low": _share(expected.low),
        "share_high": _share(expected.high),
        "oldest_age": str(curve.seen),
    }
    tables = (_vintages(chosen, history, curve), _ages(chosen, curve, bands), _tried(chosen, history))
    return Report(CODE, tables, facts, _chart(history, curve, bands))


def _vintages(chosen: Selection, history: History, curve: survival.Curve) -> Table:
    rows: list[Row] = []
    for one in history.cohorts:
        vintage = one.vintage
        end = survival.ultimate(curve, vintage)
        redeemed, lapsed = sum(vintage.redeemed), sum(vintage.lapsed)
        band = _of(end, vintage.issued)
        counts = (vintage.issued, redeemed, lapsed, vintage.at_risk(vintage.age))
        shares = (
            _of(Band(Decimal(redeemed), end.low, end.high), vintage.issued).value,
            band.value,
            band.low,
            band.high,
        )
        rows.append((one.issued_in, *counts, *(_share(part) for part in shares), _share(1 - band.value)))
    columns = (
        Column("vintage", "month"),
        *(_points(chosen, code) for code in ("issued", "redeemed", "lapsed", "outstanding")),
        *(
            Column(code, "share")
            for code in ("redeemed_share", "expected_share", "share_low", "share_high", "breakage")
        ),
    )
    return Table("vintages", columns, rows)


def _ages(chosen: Selection, curve: survival.Curve, bands: Sequence[Band]) -> Table:
    rows: list[Row] = [
        (
            age,
            at.vintages,
            at.at_risk,
            at.redeemed,
            _share(at.hazard),
            *(map(_share, (band.value, band.low, band.high))),
        )
        for age, (at, band) in enumerate(zip(curve.ages, bands, strict=True))
        if age < curve.seen + _BEYOND
    ]
    decimals = chosen.currency.decimals
    columns = (
        Column("age", "count"),
        Column("vintages", "count"),
        Column("at_risk", "points", decimals),
        Column("redeemed", "points", decimals),
        *(Column(code, "share") for code in ("redeemed_share", "expected_share", "share_low", "share_high")),
    )
    return Table("ages", columns, rows)


def _tried(chosen: Selection, history: History) -> Table:
    """What the curve of half a year ago foretold of each vintage, and what came."""
    before = history.cut(TRIED_MONTHS)
    curve = survival.fit(before.vintages(), history.life)
    now = {one.issued_in: one.vintage for one in history.cohorts}
    rows: list[Row] = []
    for one in before.cohorts:
        if not one.vintage.age:
            continue
        told = survival.total(curve, [one.vintage], TRIED_MONTHS)
        came = sum(now[one.issued_in].redeemed)
        held = "yes" if int(told.low) <= came <= int(told.high) + 1 else "no"
        rows.append(
            (one.issued_in, sum(one.vintage.redeemed), int(told.value), int(told.low), int(told.high), came, held)
        )
    columns = (
        Column("vintage", "month"),
        *(_points(chosen, code) for code in ("redeemed_before", "foretold", "low", "high", "came")),
        Column("within", "code"),
    )
    return Table("backtest", columns, rows)


def _chart(history: History, curve: survival.Curve, bands: Sequence[Band]) -> Chart:
    """The curve with its band, and the oldest, a middle and a young vintage as they went; shares in basis points."""
    shown = max(min(len(bands), curve.seen + _BEYOND), 1)
    labels = tuple(str(age) for age in range(shown))
    lines = [
        Drawn(
            "expected_share",
            tuple(_basis(band.value) for band in bands[:shown]),
            tuple(_basis(band.low) for band in bands[:shown]),
            tuple(_basis(band.high) for band in bands[:shown]),
        )
    ]
    grown = [one for one in history.cohorts if one.vintage.issued and one.vintage.age > 1]
    for one in (
        (grown[at * (len(grown) - 1) // (_DRAWN - 1)] for at in range(_DRAWN)) if len(grown) >= _DRAWN else grown
    ):
        lines.append(Drawn(f"{one.issued_in:%Y-%m}", tuple(_lived(one.vintage, shown))))
    return Chart("curves", labels, tuple(lines), 2)


def _lived(vintage: Vintage, shown: int) -> list[int | None]:
    found: list[int | None] = []
    redeemed = 0
    for age in range(shown):
        redeemed += vintage.redeemed[age] if age < vintage.age else 0
        found.append(_basis(Decimal(redeemed) / vintage.issued) if age < vintage.age else None)
    return found


def _of(points: Band, issued: int) -> Band:
    if not issued:
        return Band(Decimal(0), Decimal(0), Decimal(0))
    return Band(points.value / issued, points.low / issued, points.high / issued)


def _points(chosen: Selection, code: str) -> Column:
    return Column(code, "points", chosen.currency.decimals, total=True)


def _share(part: Decimal) -> Decimal:
    return round_half_up(part, _SHARE_PLACES)


def _basis(part: Decimal) -> int:
    return int(round_half_up(part * _BASIS))
