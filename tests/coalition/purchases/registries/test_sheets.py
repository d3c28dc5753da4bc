"""Workbooks of receipts: the same receipts as the table as text, at the sheet's own row numbers, from any chunk on."""

from __future__ import annotations

import datetime as dt
import gc
import gzip
import io
import json
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.kernel.errors import Refusal
from coalition.purchases import ColumnMapping, Receipt, Unreadable, has_own_titles, header_of, read_mapping, tabular
from coalition.purchases.registries.plain import read_plain
from coalition.purchases.registries.tables import read_table
from tests.books import a_book, saved, with_rows
from tests.coalition.purchases.builders import a_body
from tests.coalition.purchases.registries.resuming import read_from_anywhere
from tests.coalition.purchases.registries.test_tables import COLUMNS, HEADER, a_definition, a_row

TITLES = HEADER.split(";")
AT = dt.datetime(2026, 11, 20, 11, 30)


def a_sheets_row(number: Any, amount: Any = 8.99, *, at: Any = AT, card: Any = "42", qty: Any = 1) -> list[Any]:
    """The row of `a_row` as a spreadsheet has it: true numbers and dates."""
    return [number, at, "S1", card, "SKU", "Молоко", qty, amount]


def _mapping(**more: Any) -> ColumnMapping:
    return read_mapping("till", a_definition(**more))


def _chunks(content: bytes, mapping: ColumnMapping, *at: int) -> list[Any]:
    return list(read_table(tabular(io.BytesIO(content), mapping), mapping, 2, *at))


def _all(content: bytes, mapping: ColumnMapping, *at: int) -> list[Any]:
    return [one for _, readings in _chunks(content, mapping, *at) for one in readings]


def _read(rows: Sequence[Sequence[Any]], mapping: ColumnMapping | None = None, titles: Any = TITLES) -> list[Any]:
    return _all(a_book(titles, *rows), mapping or _mapping())


def _told(readings: Sequence[Any]) -> list[tuple[int, str]]:
    return [(line, found.code if isinstance(found, Refusal) else found.external_id) for line, found in readings]


def test_a_workbook_in_a_gzip_is_the_workbook(recwarn: pytest.WarningsRecorder) -> None:
    book = a_book(TITLES, *[a_sheets_row(f"A{number}", 8.99) for number in range(50)])
    mapping = _mapping()

    found = _all(gzip.compress(book), mapping)

    assert len(found) == 50 and found == _all(book, mapping)
    assert has_own_titles(io.BytesIO(gzip.compress(book))) and not has_own_titles(io.BytesIO(gzip.compress(b"a;b")))
    del found
    gc.collect()
    assert [str(one.message) for one in recwarn if one.category is ResourceWarning] == []


def test_a_damaged_gzip_of_a_workbook_is_refused_as_one() -> None:
    packed = gzip.compress(a_book(TITLES, a_sheets_row("A")), 0)

    with pytest.raises(Unreadable) as refused:
        _all(packed[:-20], _mapping())

    assert refused.value.code == "truncated"


@pytest.mark.parametrize("shared", [False, True])
def test_a_workbook_gives_the_same_receipts_as_the_table(shared: bool) -> None:
    rows = [("A", "8,99"), ("A", "1 234,5"), ("B", "10"), ("C", "12,10")]
    texts = [a_row(*row).split(";") for row in rows]
    numbers = [a_sheets_row("A", 8.99), a_sheets_row("A", 1234.5), a_sheets_row("B", 10), a_sheets_row("C", 12.10)]
    table = "\n".join((HEADER, *(a_row(*row) for row in rows))).encode("windows-1251")
    mapping = _mapping()

    wanted = _all(table, mapping)

    for cells in (texts, numbers):
        found = _all(a_book(TITLES, *cells, shared=shared), mapping)
        assert found == wanted
    assert [receipt.total for _, receipt in found] == [899 + 123_450, 1000, 1210]


@pytest.mark.parametrize(
    ("columns", "cells", "form"),
    [
        ("Дата", [dt.datetime(2026, 11, 20, 11, 30)], "%d.%m.%Y %H:%M:%S"),
        ("Дата", [dt.datetime(2026, 11, 20, 11, 30)], "iso"),
        ("Дата", ["20.11.2026 11:30:00"], "%d.%m.%Y %H:%M:%S"),
        ("Дата", ["2026-11-20T09:30:00Z"], "iso"),
        (["Дата", "Время"], [dt.date(2026, 11, 20), dt.time(11, 30)], "%d.%m.%Y %H:%M:%S"),
        (["Дата", "Время"], ["20.11.2026", dt.time(11, 30)], "%d.%m.%Y %H:%M:%S"),
    ],
)
def test_a_date_is_a_date_cell_or_a_text_in_the_zone_of_the_mapping(columns: Any, cells: list[Any], form: str) -> None:
    mapping = _mapping(date_format=form, columns={**COLUMNS, "occurred_at": columns})
    titles = [title for title in TITLES if title != "Дата"] + ["Дата", "Время"]
    row = [cell for at, cell in enumerate(a_sheets_row("A")) if at != 1]

    ((_, receipt),) = _read([[*row, *cells]], mapping, titles)

    assert receipt.occurred_at.isoformat() == "2026-11-20T09:30:00+00:00"


def test_rows_have_the_numbers_of_the_sheet_wherever_its_header_stands() -> None:
    book = openpyxl.Workbook()
    for at, row in {3: TITLES, 4: a_sheets_row("A"), 9: a_sheets_row("B", "oops"), 12: a_sheets_row("C")}.items():
        for column, cell in enumerate(row, start=1):
            book.active.cell(at, column, cell)

    found = _all(saved(book), _mapping(grouping="row"))

    assert _told(found) == [(4, "A"), (9, "invalid"), (12, "C")]


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (a_sheets_row("B", 8.999), "invalid", "Сумма"),
        (a_sheets_row("B", "8.99"), "invalid", "Сумма"),
        (a_sheets_row("B", "=1+1"), "invalid", "Сумма"),
        (a_sheets_row("B", "#N/A"), "invalid", "Сумма"),
        (a_sheets_row("B", 1e20), "invalid", "Сумма"),
        (a_sheets_row("B", None), "required", "Сумма"),
        (a_sheets_row("B", card="#N/A"), "invalid", "Карта"),
        (a_sheets_row("B", card="=VLOOKUP(A2;Cards!A:B;2)"), "invalid", "Карта"),
        (a_sheets_row("B", card=4006381333931120), "invalid", "Карта"),
        (a_sheets_row("B", at=46346.5), "invalid", "Дата"),
        (a_sheets_row("B", at="soon"), "invalid", "Дата"),
        ([*a_sheets_row("B"), *range(10)], "wrong_columns", ""),
        (a_sheets_row("=A2"), "invalid", "Чек"),
    ],
)
def test_a_bad_row_is_refused_alone_and_names_its_column(row: list[Any], code: str, field: str) -> None:
    found = _read([a_sheets_row("A"), row, a_sheets_row("C")], _mapping(grouping="row"))

    assert [(line, type(one)) for line, one in found] == [(2, Receipt), (3, type(found[1][1])), (4, Receipt)]
    refusal = found[1][1]
    problem = refusal.errors[0] if refusal.errors else refusal
    assert (problem.code, getattr(problem, "pointer", "")) == (code, field)


def test_a_row_whose_number_is_an_error_belongs_to_nobody_and_spoils_its_neighbours() -> None:
    found = _read([a_sheets_row(number) for number in ("A", "B", "=A3", "C", "D")])

    assert _told(found) == [(2, "A"), (3, "row_missing"), (4, "invalid"), (5, "row_missing"), (6, "D")]


def test_a_header_of_merged_cells_is_read_by_their_first_ones() -> None:
    book = openpyxl.Workbook()
    book.active.append([*TITLES[:6], "Сумма", None])
    book.active.merge_cells("G1:H1")
    book.active.append(a_sheets_row("A"))
    columns = {field: title for field, title in COLUMNS.items() if field != "qty"}

    wide = _all(saved(book), _mapping(columns=columns))
    with pytest.raises(Unreadable, match="columns_missing"):
        _chunks(saved(book), _mapping())

    assert _told(wide) == [(2, "wrong_columns")], "a column without a title has no place"


def test_a_sheet_without_a_header_is_read_by_places_and_a_named_one_by_its_name() -> None:
    book = openpyxl.Workbook()
    book.active.append(["nothing to read"])
    book.create_sheet("Чеки")
    book["Чеки"].append([7, AT, 10.05])
    book["Чеки"].append([8, AT])
    columns = {"external_id": 1, "occurred_at": 2, "amount": 3}
    fixed = {"outlet": "S1", "currency": "EUR"}
    mapping = read_mapping("book", {"header": False, "sheet": "Чеки", "columns": columns, "fixed": fixed})

    found = _all(saved(book), mapping)

    assert [(line, one.code if isinstance(one, Refusal) else one.total) for line, one in found] == [
        (1, 1005),
        (2, "invalid"),
    ]


def test_a_table_that_calls_itself_a_workbook_is_the_table_that_it_is() -> None:
    table = "\n".join((HEADER, a_row("A"))).encode("windows-1251")

    found = _all(table, _mapping())

    assert _told(found) == [(2, "A")]


def test_a_workbook_of_our_own_titles_needs_no_mapping_and_another_does() -> None:
    body = a_body(1000, external_id=1001)
    titles = ["external_id", "occurred_at", "outlet", "member.kind", "member.value", "currency", "lines"]
    lines = json.dumps(body["lines"])
    row = [1001, body["occurred_at"], body["outlet"], "card", body["member"]["value"], body["currency"], lines]

    file = tabular(io.BytesIO(a_book(titles, row, [*row[:6], "=A1"])), None)
    header = header_of(file)
    assert header is not None
    (_, found), *_ = read_plain(file, header)

    assert _told(found) == [(2, "1001"), (3, "invalid")]
    with pytest.raises(Unreadable, match="mapping_missing"):
        header_of(tabular(io.BytesIO(a_book(TITLES)), None))


@pytest.mark.parametrize(
    ("content", "code"),
    [(a_book(), "empty"), (a_book(["", None]), "empty"), (a_book(["x"]), "columns_missing")],
)
def test_a_sheet_of_nothing_and_one_of_something_else_are_unreadable(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable, match=code):
        _chunks(content, _mapping())


def test_a_sheet_that_breaks_off_in_order_gives_what_stands_before() -> None:
    text = "<c t='inlineStr'><is><t>%s</t></is></c>"
    header = "".join(text % title for title in TITLES)
    cells = "".join(text % cell for cell in a_row("A").split(";"))
    rows = f"<row>{header}</row>" + f"<row>{cells}</row>" * 3_000 + "<row r='1'/>"
    found = []

    with pytest.raises(Unreadable, match="broken"):
        for _, readings in read_table(
            tabular(io.BytesIO(with_rows(a_book(), rows)), _mapping()), _mapping(grouping="row"), 2
        ):
            found += readings

    assert _told(found)[0] == (2, "A")


_rows = st.lists(
    st.sampled_from([a_sheets_row("A"), a_sheets_row("B"), a_sheets_row("=B1"), a_sheets_row("C", 1.5), [], [None]]),
    max_size=30,
)


@settings(max_examples=40)
@given(_rows, st.integers(1, 7), st.integers(0, 3))
def test_from_any_chunk_a_later_process_goes_on_as_if_nothing_had_happened(
    rows: list[Any], size: int, above: int
) -> None:
    content, mapping = a_book(*[[]] * above, TITLES, *rows), _mapping()

    def told(*at: int) -> list[Any]:
        found = _chunks(content, mapping, *at)
        return [(chunk.position, chunk.last_line, _told(readings)) for chunk, readings in found]

    readings = read_from_anywhere(told, size)
    assert readings == [one for _, _, later in told() for one in later], "the chunk's size changes nothing"
