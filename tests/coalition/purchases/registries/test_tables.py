"""Tables of receipts: cells into exact fields, rows into receipts, and what a bad row does to its neighbours."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid, Refusal
from coalition.purchases import ColumnMapping, Receipt, Unreadable, read_mapping
from coalition.purchases.registries import streaming
from coalition.purchases.registries.tables import read_table
from tests.coalition.purchases.registries.resuming import read_from_anywhere

HEADER = "Чек;Дата;Магазин;Карта;Артикул;Товар;Кол-во;Сумма"
COLUMNS = {
    "external_id": "Чек",
    "occurred_at": "Дата",
    "outlet": "Магазин",
    "member": "Карта",
    "sku": "Артикул",
    "name": "Товар",
    "qty": "Кол-во",
    "amount": "Сумма",
}


def a_definition(**more: Any) -> dict[str, Any]:
    """What a Russian till's export looks like: semicolons, decimal commas, local time, windows-1251."""
    return {
        "delimiter": ";",
        "encoding": "windows-1251",
        "decimal": ",",
        "date_format": "%d.%m.%Y %H:%M:%S",
        "zone": "Europe/Riga",
        "grouping": "receipt",
        "fixed": {"currency": "EUR", "member_kind": "card"},
        "columns": COLUMNS,
        **more,
    }


def a_row(number: str, amount: str = "8,99", *, card: str = "42", name: str = "Молоко", qty: str = "1") -> str:
    return f"{number};20.11.2026 11:30:00;S1;{card};SKU;{name};{qty};{amount}"


def _read(rows: Sequence[str | bytes], mapping: ColumnMapping | None = None, *at: int) -> list[Any]:
    return [one for _, readings in _chunks(rows, mapping, *at) for one in readings]


def _chunks(rows: Sequence[str | bytes], mapping: ColumnMapping | None = None, *at: int) -> list[Any]:
    lines = [row if isinstance(row, bytes) else row.encode("windows-1251") for row in (HEADER, *rows)]
    file = io.BytesIO(b"\r\n".join(lines))
    return list(read_table(file, mapping or read_mapping("till", a_definition()), 2, *at))


def _told(readings: Sequence[Any]) -> list[tuple[int, str]]:
    return [(line, found.code if isinstance(found, Refusal) else found.external_id) for line, found in readings]


def test_rows_of_one_number_are_one_receipt_with_exact_amounts_and_local_time() -> None:
    rows = [a_row("A"), a_row("A", "1 234,5", qty="0,125", name='"Сыр ""Гауда""; нарезка"'), a_row("B", "10", card="")]

    (line, first), (_, second) = _read(rows)

    assert (line, type(first)) == (2, Receipt)
    assert first.occurred_at.isoformat() == "2026-11-20T09:30:00+00:00"
    assert [(one.no, one.amount, one.qty_m) for one in first.lines] == [(1, 899, 1000), (2, 123_450, 125)]
    assert (first.lines[1].name, first.member, first.total) == ('Сыр "Гауда"; нарезка', ("card", "42"), 124_349)
    assert (second.external_id, second.member, second.total) == ("B", None, 1000)


def test_a_table_without_header_or_quantities_joins_columns_and_reads_a_row_a_receipt() -> None:
    columns = {"external_id": [1, 2], "occurred_at": 3, "amount": 4, "mcc": 5}
    fixed = {"outlet": "S1", "currency": "EUR"}
    mapping = read_mapping("plain", {"header": False, "columns": columns, "fixed": fixed})
    file = io.BytesIO(b"\xef\xbb\xbfT1,7,2026-11-20T09:30:00Z,10.05,5411\nT1,7,2026-11-20T09:30:00Z,1,\n")

    found = [one for _, chunk in read_table(file, mapping, 2) for one in chunk]

    assert [(line, one.external_id, one.total, one.lines[0].qty_m) for line, one in found] == [
        (1, "T1 7", 1005, 1000),
        (2, "T1 7", 100, 1000),
    ]
    assert found[0][1].payments == ({"kind": "card", "amount": 1005, "mcc": "5411"},)


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (a_row("B", "8,999"), "invalid", "Сумма"),
        (a_row("B", "8.99"), "invalid", "Сумма"),
        (a_row("B", "1e5"), "invalid", "Сумма"),
        (a_row("B", "-1"), "invalid", "Сумма"),
        (a_row("B", ""), "required", "Сумма"),
        (a_row("B", qty="много"), "invalid", "Кол-во"),
        (a_row("B").replace("20.11", "31.11"), "invalid", "Дата"),
        (a_row("B", name="x" * 301), "invalid", "Товар"),
        (a_row("B") + ";more", "wrong_columns", ""),
        ("B;20.11.2026 11:30:00", "wrong_columns", ""),
        (a_row("B", name='"oops'), "not_csv", ""),
        (a_row("B", name="a\0b"), "forbidden_character", ""),
    ],
)
def test_a_bad_row_refuses_its_receipt_alone_and_names_its_column(row: str, code: str, field: str) -> None:
    found = _read([a_row("A"), row, a_row("B"), a_row("C")])

    assert [line for line, _ in found] == [2, 3, 5]
    assert [type(one) for _, one in found] == [Receipt, type(found[1][1]), Receipt]
    refusal = found[1][1]
    problem = refusal.errors[0] if refusal.errors else refusal
    assert (problem.code, getattr(problem, "pointer", "")) == (code, field)


def test_a_day_that_cannot_be_read_is_told_in_plain_words() -> None:
    [(_, refusal)] = _read([a_row("B").replace("20.11", "31.11")])

    [problem] = refusal.errors
    assert "is no instant written like '%d.%m.%Y %H:%M:%S'" in problem.detail


def test_a_row_that_no_receipt_can_claim_spoils_its_neighbours_and_nothing_else() -> None:
    undecodable = b"\x98;\x98"
    long = b"x" * (streaming.LINE_MAX + 5)

    found = _read([a_row("A"), a_row("B"), undecodable, a_row("C"), a_row("D"), long, a_row("D"), a_row("E")])

    assert _told(found) == [
        (2, "A"),
        (3, "row_missing"),
        (4, "not_text"),
        (5, "row_missing"),
        (6, "row_missing"),
        (7, "line_too_long"),
        (8, "row_missing"),
        (9, "E"),
    ]


def test_rows_of_one_receipt_that_disagree_refuse_it() -> None:
    ((line, refusal), (_, other)) = _read([a_row("A"), a_row("A", card="43"), a_row("B")])
    ((wrong, missing),) = _read([a_row("A"), a_row("A", "")])

    assert (line, refusal.code, refusal.errors[0].pointer) == (3, "rows_disagree", "Карта")
    assert (wrong, missing.errors[0].pointer) == (3, "Сумма")
    assert other.external_id == "B"


def test_empty_rows_and_empty_cells_at_the_end_are_no_fault() -> None:
    found = _read([a_row("A") + ";;", ";;;;;;;", "", a_row("B")])

    assert _told(found) == [(2, "A"), (5, "B")]


def test_a_receipt_without_end_is_refused_and_never_held() -> None:
    found = _read([a_row("A")] * 5_000 + [a_row("B")])

    assert _told(found) == [(2, "invalid"), (5_002, "B")]


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b'\n{"a":1}\n'])
def test_a_file_without_a_header_on_its_first_line_is_unreadable(content: bytes) -> None:
    mapping = read_mapping("till", a_definition())

    with pytest.raises(Unreadable, match="columns_missing"):
        list(read_table(io.BytesIO(content), mapping, 2))


def test_a_file_that_lacks_a_mapped_column_is_unreadable() -> None:
    mapping = read_mapping("till", a_definition(columns={**COLUMNS, "category": "Группа"}))

    with pytest.raises(Unreadable, match="columns_missing"):
        _read([a_row("A")], mapping)


_rows = st.lists(
    st.sampled_from([a_row("A"), a_row("B"), a_row("B", ""), a_row("C"), b"\x98", a_row("D") + ";x", ""]), max_size=30
)


@given(_rows, st.integers(1, 7), st.sampled_from([bytes, gzip.compress]))
def test_from_any_chunk_a_later_process_goes_on_as_if_nothing_had_happened(
    rows: list[Any], size: int, pack: Any
) -> None:
    lines = [row if isinstance(row, bytes) else row.encode("windows-1251") for row in (HEADER, *rows)]
    content = pack(b"\n".join(lines))
    mapping = read_mapping("till", a_definition())

    def told(*at: int) -> list[Any]:
        found = read_table(io.BytesIO(content), mapping, 2, *at)
        return [(chunk.position, chunk.last_line, _told(readings)) for chunk, readings in found]

    readings = read_from_anywhere(told, size)
    assert len({line for line, _ in readings}) == len(readings)
    assert readings == [one for _, _, later in told() for one in later], "the chunk's size changes nothing"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"delimiter": "x"}, "/delimiter"),
        ({"encoding": "utf-16"}, "/encoding"),
        ({"zone": "Mars/Base"}, "/zone"),
        ({"zone": "/etc/passwd"}, "/zone"),
        ({"date_format": "soon"}, "/date_format"),
        ({"date_format": "%Q.%m.%Y"}, "/date_format"),
        ({"date_format": "%d.%m"}, "/date_format"),
        ({"date_format": "%H:%M"}, "/date_format"),
        ({"date_format": "%d.%m.%Y %"}, "/date_format"),
        ({"colour": 1}, "/colour"),
        ({"columns": {}}, "/columns"),
        ({"columns": {"external_id": "a"}}, "/columns/amount"),
        ({"columns": {**COLUMNS, "colour": "a"}}, "/columns/colour"),
        ({"columns": {**COLUMNS, "amount": 3}}, "/columns/amount"),
        ({"fixed": {"currency": 3}}, "/fixed/currency"),
        ({"fixed": {"amount": "3"}}, "/columns/amount"),
        ({"header": 1}, "/header"),
        ({"columns": [1]}, "/columns"),
        ({"fixed": [1]}, "/fixed"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_every_wrong_field(more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_mapping("till", a_definition(**more))

    assert pointer in {problem.pointer for problem in refused.value.errors}
