"""What leaves as a spreadsheet, as XLSX: typed cells, totals as formulas whose cached values agree, constant memory.

A thin ground over XlsxWriter: amounts come as integers in minor units or as Decimal and are written digit by digit,
never through a float. A text is always a text: one that looks like a formula is stored as quoted, so that no
spreadsheet runs it. The same calls give the same bytes: the only instant in a file is the `made_at` it is given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from coalition.kernel.web.sheets import guarded

MAX_ROWS = 1_000_000  # of one sheet; beyond it send CSV. Excel itself ends at 1,048,576
MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST = 32_000
_WIDTHS = {"text": 24, "date": 12, "moment": 18, "integer": 14, "decimal": 16, "money": 16, "percent": 10}
_NUMBERS = ("integer", "decimal", "money", "percent")
Cell = str | int | Decimal | dt.date | dt.datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and what its cells hold.

    kind is `text`, `date`, `moment` (an instant, shown in the book's zone), `integer`, `decimal` (a Decimal as it is),
    `money` (integer minor units with `decimals` places) or `percent` (a Decimal, 0.2 is 20 %). `total` adds it up.
    """

    title: str
    kind: str = "text"
    decimals: int = 2
    width: int = 0
    total: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the value that it comes to, so that a reader who does not compute sees the same."""

    text: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Written:
    """What a sheet came to: its data rows, and by column title the exact total and the cell that holds it."""

    rows: int
    totals: dict[str, Decimal]
    cells: dict[str, str]


class Workbook:
    """A book that is written to `target` as it goes: sheets in order, the rows of each in order. Use it in a `with`."""

    def __init__(self, target: BinaryIO, title: str, *, made_at: dt.datetime, zone: str = "UTC") -> None:
        import xlsxwriter

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book: Any = xlsxwriter.Workbook(target, options)
        created = made_at.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
        self._book.set_properties({"title": title, "created": created})
        self._zone = ZoneInfo(zone)
        self._formats: dict[tuple[str, int, bool], Any] = {}

    def __enter__(self) -> Workbook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._book.close()

    def sheet(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell | Formula]],
        *,
        intro: Sequence[Sequence[Cell]] = (),
        total: str = "",
    ) -> Written:
        """A sheet: `intro` lines, the headings (which stay in view), the rows, and a last row named `total` with sums.

        `rows` may be endless up to MAX_ROWS; ValueError beyond, so count before. Texts may come from anybody.
        """
        from xlsxwriter.utility import xl_col_to_name

        sheet = self._book.add_worksheet(name[:31])
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width or max(_WIDTHS[column.kind], len(column.title) + 3))
        for at, line in enumerate(intro):
            for place, cell in enumerate(line):
                self._put(sheet, at, place, cell, Column("", "date" if isinstance(cell, dt.date) else "text"), False)
        top = len(intro) + (1 if intro else 0)
        for at, column in enumerate(columns):
            sheet.write_string(top, at, column.title, self._heading(column.kind in _NUMBERS))
        sheet.freeze_panes(top + 1, 1 if len(columns) > 3 else 0)
        last, sums = self._rows(sheet, columns, rows, top + 1)
        written = self._totals(name[:31], columns, sums, top + 1, last) if total else Written(last - top, {}, {})
        if total:
            self._put(sheet, last + 1, 0, total, Column(""), True)
            for at, column in enumerate(columns):
                if column.total:
                    letter = xl_col_to_name(at)
                    text = f"=SUM({letter}{top + 2}:{letter}{last + 1})" if last > top else "=0"
                    self._put(sheet, last + 1, at, Formula(text, sums[at]), column, True)
        return written

    def _rows(
        self, sheet: Any, columns: Sequence[Column], rows: Iterable[Sequence[Cell | Formula]], first: int
    ) -> tuple[int, list[Decimal]]:
        sums, at = [Decimal(0)] * len(columns), first - 1
        for at, row in enumerate(rows, first):
            if at - first >= MAX_ROWS:
                raise ValueError(f"a sheet holds {MAX_ROWS} rows")
            for place, (cell, column) in enumerate(zip(row, columns, strict=True)):
                number = self._put(sheet, at, place, cell, column, False)
                if column.total and number is not None:
                    sums[place] += number
        return at, sums

    def _totals(self, name: str, columns: Sequence[Column], sums: list[Decimal], first: int, last: int) -> Written:
        from xlsxwriter.utility import xl_rowcol_to_cell

        summed = [(at, column) for at, column in enumerate(columns) if column.total]
        quoted = name.replace("'", "''")
        cells = {one.title: f"'{quoted}'!{xl_rowcol_to_cell(last + 1, at)}" for at, one in summed}
        return Written(last - first + 1, {one.title: sums[at] for at, one in summed}, cells)

    def _put(self, sheet: Any, at: int, place: int, cell: Cell | Formula, column: Column, bold: bool) -> Decimal | None:
        """Write one cell; its number, if it is one."""
        look = self._format(column, bold)
        if cell is None:
            sheet.write_blank(at, place, None, look)
        elif isinstance(cell, Formula):
            sheet.write_formula(at, place, cell.text, look, cell.value)
            return cell.value
        elif isinstance(cell, str):
            text = _clean(cell)
            sheet.write_string(at, place, text, self._quoted(bold) if guarded(text) != text else look)
        elif isinstance(cell, dt.datetime):
            sheet.write_datetime(at, place, cell.astimezone(self._zone).replace(tzinfo=None, microsecond=0), look)
        elif isinstance(cell, dt.date):
            sheet.write_datetime(at, place, cell, look)
        else:
            number = Decimal(cell)
            if column.kind == "money":
                number = number.scaleb(-column.decimals)
            sheet.write_number(at, place, number, look)
            return number
        return None

    def _format(self, column: Column, bold: bool) -> Any:
        places = "." + "0" * column.decimals if column.kind == "money" and column.decimals else ""
        patterns = {
            "date": "yyyy-mm-dd",
            "moment": "yyyy-mm-dd hh:mm:ss",
            "integer": "#,##0",
            "decimal": "#,##0.00######",
            "money": f"#,##0{places}",
            "percent": "0.##%",
        }
        return self._look(patterns.get(column.kind, ""), column.decimals, bold)

    def _look(self, pattern: str, decimals: int, bold: bool, **more: Any) -> Any:
        key = (pattern + "".join(sorted(more)), decimals, bold)
        if key not in self._formats:
            looks: dict[str, Any] = {"bold": bold, **more}
            if pattern:
                looks["num_format"] = pattern
            if bold:
                looks["top"] = 1
            self._formats[key] = self._book.add_format(looks)
        return self._formats[key]

    def _quoted(self, bold: bool) -> Any:
        return self._look("", 0, bold, quote_prefix=True)

    def _heading(self, right: bool) -> Any:
        key = ("heading", int(right), True)
        if key not in self._formats:
            looks = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#F2EFEC"}
            self._formats[key] = self._book.add_format({**looks, "align": "right" if right else "left"})
        return self._formats[key]


def _clean(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
