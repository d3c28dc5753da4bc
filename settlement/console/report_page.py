"""What a report's page shows: its cells as the reader writes them, its chart, its filters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from coalition import partners, programs
from coalition.kernel.clock import month_code
from coalition.kernel.web import charts, formats
from coalition.kernel.web.curves import Line, curves
from settlement.console.report_words import about, word
from settlement.reports import Chart, Column, Report, Selection, Table

SHOWN = 200
_NUMBERS = ("count", "points", "money", "exact", "share")


def index() -> list[dict[str, str]]:
    """A card for each report."""
    from settlement import reports

    return [{"code": code, "name": word(code), "about": about(code)} for code in reports.KINDS]


def context(report: Report, chosen: Selection) -> dict[str, Any]:
    """Everything the page of one report shows."""
    return {
        "facts": [(word(code), shown(cell, _fact(code, cell))) for code, cell in report.facts.items()],
        "chart": drawn(report.chart, report.code) if report.chart else None,
        "keys": [(word(one.code), at) for at, one in enumerate(report.chart.curves, 1)] if report.chart else [],
        "tables": [_table(table) for table in report.tables],
    }


def choices(chosen: Selection) -> dict[str, Any]:
    """What the filters offer."""
    return {
        "programs": [(one.code, one.name) for one in programs.list_programs()],
        "currencies": [(one.code, one.code) for one in programs.currencies(chosen.program.id)],
        "entities": [(one.code, one.name) for one in partners.entities(chosen.program.id)],
    }


def shown(cell: Any, column: Column) -> str:
    """A cell in the reader's language."""
    if cell is None:
        return "—"
    if column.kind == "code":
        return word(str(cell))
    if isinstance(cell, int):
        return formats.points(cell, column.decimals)
    if isinstance(cell, Decimal):
        return formats.rate(round(cell * 100, 2)) if column.kind == "share" else formats.exact(cell, 2)
    if isinstance(cell, dt.date):
        return formats.when(cell, "month" if column.kind == "month" else "day")
    return str(cell)


def drawn(chart: Chart, code: str) -> Markup:
    """The chart as SVG."""
    alt = f"{word(code)}. {about(code)}"
    labels = [_label(cell) for cell in chart.labels]
    first = [value or 0 for value in chart.curves[0].values]
    if chart.kind == "bars":
        columns = [charts.Bar(label, max(value, 0)) for label, value in zip(labels, first, strict=True)]
        return charts.bars(columns, alt, decimals=chart.decimals, width=1080)
    if chart.kind == "steps":
        last = len(first) - 1
        steps = [
            charts.Step(word(label), value, "total" if at == 0 else "close" if at == last else _way(value))
            for at, (label, value) in enumerate(zip(labels, first, strict=True))
        ]
        return charts.waterfall(steps, alt, chart.decimals)
    if chart.kind == "changes":
        return charts.waterfall(
            [charts.Step(label, value, _way(value)) for label, value in zip(labels, first, strict=True)],
            alt,
            chart.decimals,
        )
    lines = [Line(word(one.code), one.values, one.low, one.high, at % 6 or 6) for at, one in enumerate(chart.curves, 1)]
    return curves(labels, lines, alt, chart.decimals)


def _way(value: int) -> str:
    return "plus" if value >= 0 else "minus"


def _label(cell: Any) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, dt.date):
        return formats.when(cell, "short_month") + f" {cell:%y}" if cell.day == 1 else month_code(cell)
    return str(cell)


def _fact(code: str, cell: Any) -> Column:
    return Column(code, "code" if isinstance(cell, str) else "share" if "share" in code else "exact")


def _table(table: Table) -> dict[str, Any]:
    totals = table.totals()
    return {
        "code": table.code,
        "name": word(table.code),
        "columns": [(word(one.code), one.kind in _NUMBERS) for one in table.columns],
        "rows": [
            [shown(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows[:SHOWN]
        ],
        "count": len(table.rows),
        "totals": [
            "" if sum_ is None else shown(sum_, column) for sum_, column in zip(totals, table.columns, strict=True)
        ]
        if any(total is not None for total in totals) and table.rows
        else [],
    }
