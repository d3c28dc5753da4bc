"""What leaves as XLSX reads back typed, adds up, and runs nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from coalition.kernel.web import workbook
from coalition.kernel.web.workbook import Cell, Column, Formula, Workbook, Written

MADE = dt.datetime(2026, 11, 2, 4, 12, tzinfo=dt.UTC)
COLUMNS = [
    Column("Что"),
    Column("Day", "date"),
    Column("At", "moment"),
    Column("Points", "integer", total=True),
    Column("Price", "decimal"),
    Column("Amount", "money", total=True),
    Column("VAT", "percent"),
]
ROW: list[Cell] = ["Ёж", dt.date(2026, 10, 3), MADE, 1300, Decimal("0.010000"), 1305, Decimal("0.2")]


def _book(rows: list[list[Cell]], **more: object) -> tuple[bytes, Written]:
    target = BytesIO()
    with Workbook(target, "Отчёт", made_at=MADE, zone="Europe/Riga") as book:
        written = book.sheet("Строки", COLUMNS, rows, total="Итого", **more)  # type: ignore[arg-type]
        book.sheet(
            "Sum", [Column("Gross", "money")], [[Formula(f"={written.cells['Amount']}", written.totals["Amount"])]]
        )
    return target.getvalue(), written


def test_cells_keep_their_types() -> None:
    book, _ = _book([ROW])
    cells = load_workbook(BytesIO(book))["Строки"][2]

    assert [cell.value for cell in cells] == [
        "Ёж",
        dt.datetime(2026, 10, 3),
        dt.datetime(2026, 11, 2, 6, 12),
        1300,
        0.01,
        13.05,
        0.2,
    ]
    assert cells[5].number_format == "#,##0.00" and cells[1].number_format == "yyyy-mm-dd"


def test_totals_are_formulas_whose_cached_values_agree() -> None:
    book, written = _book([ROW, [*ROW[:5], -706, None], [*ROW[:5], 1, None]])
    computed = load_workbook(BytesIO(book))
    cached = load_workbook(BytesIO(book), data_only=True)

    assert written == Written(3, {"Points": Decimal(3900), "Amount": Decimal("6.00")}, written.cells)
    assert computed["Строки"]["F5"].value == "=SUM(F2:F4)" and cached["Строки"]["F5"].value == 6
    assert computed["Строки"]["D5"].value == "=SUM(D2:D4)" and cached["Строки"]["D5"].value == 3900
    assert computed["Sum"]["A2"].value == "='Строки'!F5" and cached["Sum"]["A2"].value == 6


def test_headings_stay_in_view_under_an_introduction() -> None:
    book, written = _book([ROW], intro=[["Statement", "=1+1"], ["Made", dt.date(2026, 11, 2)]])
    sheet = load_workbook(BytesIO(book))["Строки"]

    assert sheet.freeze_panes == "B5" and sheet["A4"].value == "Что"
    assert sheet["F6"].value == "=SUM(F5:F5)" and written.cells["Amount"].endswith("!F6")
    assert sheet["B2"].value == dt.datetime(2026, 11, 2)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "http://a.example"])
def test_no_text_runs(text: str) -> None:
    book, _ = _book([[text, *ROW[1:]]])
    cell = load_workbook(BytesIO(book))["Строки"]["A2"]

    assert cell.data_type == "s" and cell.value == text and cell.hyperlink is None
    assert cell.quotePrefix is not text.startswith("http")


def test_nothing_to_add_up_comes_to_nothing() -> None:
    book, written = _book([])

    assert written.rows == 0 and load_workbook(BytesIO(book), data_only=True)["Строки"]["F2"].value == 0


def test_the_same_book_is_the_same_bytes() -> None:
    assert _book([ROW])[0] == _book([ROW])[0]


def test_more_than_a_sheet_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 2)

    with pytest.raises(ValueError, match="2 rows"):
        _book([ROW] * 3)
