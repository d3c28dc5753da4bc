"""Workbooks from outside: every cell as the text that a person has written, and every danger refused by its code."""

from __future__ import annotations

import datetime as dt
import io
import random
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.unpacking import FileRefused
from coalition.kernel.workbooks import Workbook, parsing
from coalition.kernel.workbooks.values import number_text
from tests.books import FIRST_SHEET, a_book, saved, with_part, with_rows

_PLAIN = a_book(["a", "b"], [1, "x"])
_SHARED = a_book(["a", "b"], [1, "x"], shared=True)
_STRINGS = "xl/sharedStrings.xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def _rows(content: bytes, sheet: str | None = None, decimal: str = ".") -> list[tuple[int, list[str]]]:
    return list(Workbook(io.BytesIO(content), decimal).rows(sheet))


def _value(xml: str) -> str:
    ((_, (value,)),) = _rows(with_rows(_PLAIN, f"<row>{xml}</row>"))
    return value


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12.10, "12.1"),
        (0.1 + 0.2, "0.3"),
        (19.990000000000002, "19.99"),
        (1e-7, "0.0000001"),
        (123456789.01, "123456789.01"),
        (-5, "-5"),
        (400638133393112, "400638133393112"),
        (4006381333931120, "#DIGITS!"),
        (1e20, "#DIGITS!"),
        (True, "true"),
        (dt.date(2026, 11, 20), "2026-11-20"),
        (dt.datetime(2026, 11, 20, 11, 30), "2026-11-20 11:30:00"),
        (dt.datetime(2026, 11, 20, 0, 0, 1), "2026-11-20 00:00:01"),
        (dt.time(9, 15), "09:15:00"),
        (" 12.10 ", "12.10"),
        ("2026-11-20", "2026-11-20"),
        ("Молоко\n3 %", "Молоко\n3 %"),
    ],
)
def test_a_cell_is_the_text_that_a_person_has_written(cell: Any, text: str) -> None:
    assert _rows(a_book([cell])) == [(1, [text])]


@given(st.integers(-(10**13), 10**13), st.sampled_from([".17g", ".16g", ".15g"]))
def test_no_amount_of_money_loses_a_cent_on_its_way_through_a_binary_fraction(minor: int, digits: str) -> None:
    written = format(minor / 100, digits)

    assert Decimal(number_text(written, ".")) == Decimal(minor).scaleb(-2)


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<c><v>8.9900000000000002</v></c>", "8.99"),
        ("<c t='e'><v>#N/A</v></c>", "#N/A"),
        ("<c t='e'><v>#SPILL!</v></c>", "#VALUE!"),
        ("<c t='b'><v>true</v></c>", "true"),
        ("<c><v>4.00638133393112E+15</v></c>", "#DIGITS!"),
        ("<c><v>1E999</v></c>", "#DIGITS!"),
        ("<c><v>4.00638133393E+11</v></c>", "400638133393"),
        ("<c><f>1+1</f></c>", "#FORMULA!"),
        ("<c><f>1+1</f><v>2</v></c>", "2"),
        ("<c t='str'><f>A1</f><v>x</v></c>", "x"),
        ("<c t='inlineStr'><is><r><t>Ch</t></r><r><t>eck</t></r><rPh><t>no</t></rPh></is></c>", "Check"),
        ("<c t='d'><v>2026-11-20T11:30:00</v></c>", "2026-11-20 11:30:00"),
        ("<c t='str'><v>_x0041_</v></c>", "A"),
        ("<c t='str'><v>_xD800_</v></c>", "_xD800_"),
        ("<c><v>many</v></c>", "many"),
        ("<c s='99'><v>1</v></c>", "1"),
    ],
)
def test_a_cell_of_another_writer_is_read_as_well(xml: str, text: str) -> None:
    assert _value(xml) == text


@pytest.mark.parametrize(
    ("form", "number", "text"),
    [
        ("00000000", 123456, "00123456"),
        ("0000\\ 0000\\ 0000", 1234567, "000001234567"),
        ('[$-419]000"-"000', 1500, "001500"),
        ("0000;[Red]-0000", 42, "0042"),
        ("000", 12.5, "12.5"),
        ("0.00", 5, "5"),
        ("#,##0", 5, "5"),
        ("0%", 0.15, "0.15"),
    ],
)
def test_a_number_keeps_the_zeros_before_it_that_its_format_shows(form: str, number: float, text: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = number
    book.active["A1"].number_format = form

    assert _rows(saved(book)) == [(1, [text])]


def test_numbers_have_the_mark_that_is_asked_for_and_texts_stay_as_they_are() -> None:
    assert _rows(a_book([12.5, 3, "12.5"]), decimal=",") == [(1, ["12,5", "3", "12.5"])]


def test_rows_keep_their_numbers_and_end_with_their_last_cell() -> None:
    book = openpyxl.Workbook()
    book.active["B3"], book.active["A7"], book.active["D7"] = "x", 1, ""

    assert _rows(saved(book)) == [(3, ["", "x"]), (7, ["1"])]


def test_the_first_sheet_that_is_shown_is_read_or_the_one_that_is_named() -> None:
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    book.active["A1"] = "hidden"
    for name in ("Чеки", "Notes"):
        book.create_sheet(name)["A1"] = name
    content = saved(book)

    assert _rows(content) == [(1, ["Чеки"])]
    assert _rows(content, "Notes") == [(1, ["Notes"])]
    with pytest.raises(FileRefused, match="no sheet") as refused:
        _rows(content, "Other")
    assert refused.value.code == "sheet_missing"


def test_dates_of_a_workbook_that_counts_from_1904_are_the_same_days() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    book.active["A1"] = dt.date(2026, 11, 20)

    assert _rows(saved(book)) == [(1, ["2026-11-20"])]


def test_texts_that_cells_share_are_the_same_as_their_own() -> None:
    assert _rows(_SHARED) == _rows(_PLAIN) == [(1, ["a", "b"]), (2, ["1", "x"])]


def test_a_workbook_with_macros_is_read_and_they_are_not() -> None:
    content = with_part(_PLAIN, "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub Auto_Open()")

    assert _rows(content) == _rows(_PLAIN)


def _bomb(path: str, begin: bytes, megabytes: int = 40) -> bytes:
    return with_part(_PLAIN, path, begin + b" " * (megabytes << 20))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_xlsx"),
        (b"a;b\n1;2\n", "not_xlsx"),
        (_OLE, "workbook_old"),
        (_OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600, "workbook_locked"),
        (_PLAIN[:-30], "truncated"),
        (_PLAIN[: len(_PLAIN) // 2], "truncated"),
        (with_part(_PLAIN, "_rels/.rels", b"<Relationships/>"), "not_xlsx"),
        (with_part(_PLAIN, "xl/workbook.xml", b"<workbook>"), "broken"),
        (with_part(_PLAIN, "xl/workbook.xml", b"<workbook/>"), "sheet_missing"),
        (with_part(_PLAIN, FIRST_SHEET, b"<!DOCTYPE a><worksheet/>"), "entities_forbidden"),
        (with_part(_PLAIN, FIRST_SHEET, "<worksheet/>".encode("utf-16")), "entities_forbidden"),
        (with_part(_SHARED, _STRINGS, b"<sst/>"), "broken"),
        (with_part(_PLAIN, FIRST_SHEET, b""), "broken"),
        (with_part(_PLAIN, FIRST_SHEET, b"<a>" * 10_000), "broken"),
        (with_part(_PLAIN, FIRST_SHEET, b"<a b='" + b"xy" * (6 << 20) + b"'/>"), "broken"),
        (_PLAIN.replace(b"xl/workbook.xml", b"xl/workbook.xmm", 1), "archive_damaged"),
        (with_part(_PLAIN, "../../x.xml", b"<x/>"), "archive_unsafe"),
        (_bomb(FIRST_SHEET, b"<worksheet>"), "archive_bomb"),
        (_bomb(_STRINGS, b"<sst>"), "archive_bomb"),
        (with_part(_bomb("xl/a.xml", b"<a>", 20), "xl/b.xml", b"<b>" + b" " * (20 << 20)), "archive_bomb"),
        (with_rows(_PLAIN, '<row><c r="BXY1"><v>1</v></c></row>'), "broken"),
        (with_rows(_PLAIN, '<row r="2"/><row r="1"/>'), "broken"),
        (with_rows(_PLAIN, '<row r="2000000000"><c><v>1</v></c></row>'), "broken"),
        (with_rows(_PLAIN, '<row r="-1"/>'), "broken"),
        (with_rows(_PLAIN, '<row><c r="ZZZ1"><v>1</v></c></row>'), "broken"),
        (with_rows(_PLAIN, '<row><c r="B1"/><c r="A1"/></row>'), "broken"),
        (with_rows(_PLAIN, '<row><c t="s"><v>99</v></c></row>'), "broken"),
        (with_rows(_PLAIN, '<row><c t="s"><v>-1</v></c></row>'), "broken"),
        (with_rows(_PLAIN, '<row><c t="str"><v>' + "xy" * (1 << 20) + "</v></c></row>"), "broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_workbook_that_cannot_be_trusted_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        _rows(content)

    assert refused.value.code == code


def test_a_byte_that_has_changed_is_found_before_a_row_is_read() -> None:
    at = _PLAIN.index(FIRST_SHEET.encode()) + 120
    content = _PLAIN[:at] + bytes([_PLAIN[at] ^ 0x55]) + _PLAIN[at + 1 :]

    with pytest.raises(FileRefused) as refused:
        Workbook(io.BytesIO(content))

    assert refused.value.code == "archive_damaged"


def test_cells_that_are_empty_make_no_row_longer_wherever_they_stand() -> None:
    assert _rows(with_rows(_PLAIN, '<row><c r="A1"><v>1</v></c><c r="XFD1" s="0"/></row>')) == [(1, ["1"])]


def test_texts_without_end_are_refused_wherever_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "_TEXTS_MAX", 1_000)

    with pytest.raises(FileRefused) as refused:
        _rows(with_part(_SHARED, _STRINGS, b"<sst>" + b"<si/>" * 1_000 + b"</sst>"))

    assert refused.value.code == "archive_bomb"


def test_rows_without_end_are_not_kept() -> None:
    noise = random.Random(1).randbytes(1 << 17).hex()
    content = with_rows(_PLAIN, f"<row><c t='str'><v>{noise}</v></c></row>" + "<row/>" * 1_100_000)

    with pytest.raises(FileRefused) as refused:
        _rows(content)

    assert refused.value.code == "broken"
