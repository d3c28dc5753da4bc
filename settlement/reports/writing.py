"""A report written down: a table as CSV, the whole as a workbook. The same cells either way, none computed anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import BinaryIO

from coalition.kernel import clock
from coalition.kernel.money import format_minor
from coalition.kernel.web import workbook
from coalition.kernel.web.sheets import BOM, guarded, line
from settlement.reports.tables import AMOUNTS, Cell, Column, Report, Table

Words = Callable[[str], str]
_KINDS = {
    "count": "integer",
    "points": "money",
    "money": "money",
    "exact": "decimal",
    "share": "percent",
    "date": "date",
}


def csv_lines(table: Table) -> Iterator[str]:
    """A table with the stable codes of its columns as its heading; amounts in whole units, a share as a fraction."""
    yield BOM + line([column.code for column in table.columns])
    for row in table.rows:
        yield line([text(cell, column) for cell, column in zip(row, table.columns, strict=True)])


def text(cell: Cell, column: Column) -> str:
    """A cell as a program reads it."""
    if cell is None:
        return ""
    if isinstance(cell, int):
        return format_minor(cell, column.decimals)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, dt.date):
        return clock.month_code(cell) if column.kind == "month" else cell.isoformat()
    return guarded(cell)


def write_book(report: Report, target: BinaryIO, title: str, words: Words, *, made_at: dt.datetime, zone: str) -> None:
    """Every table as a sheet with its totals, headings in the words of the reader; `target` must be seekable."""
    with workbook.Workbook(target, title, made_at=made_at, zone=zone) as book:
        for at, table in enumerate(report.tables):
            intro = [] if at else [(words(code), _typed(cell, Column(code))) for code, cell in report.facts.items()]
            columns = [_column(column, words) for column in table.columns]
            summed = any(column.total for column in table.columns)
            rows = (tuple(map(_typed, row, table.columns)) for row in table.rows)
            book.sheet(words(table.code), columns, rows, intro=intro, total=words("total") if summed else "")


def _column(column: Column, words: Words) -> workbook.Column:
    kind = _KINDS.get(column.kind, "text")
    return workbook.Column(words(column.code), kind, column.decimals if column.kind in AMOUNTS else 2, 0, column.total)


def _typed(cell: Cell, column: Column) -> workbook.Cell:
    return clock.month_code(cell) if column.kind == "month" and isinstance(cell, dt.date) else cell
