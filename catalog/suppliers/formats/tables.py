"""Tables as text (CSV, TSV, Google's) and as a workbook (XLSX), row by row, by a column mapping.

A formula's stored result is a value like any other; an error, and a formula without its result, is an empty cell. Text
tables are read line by line, so that one without an end is refused and not swallowed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from catalog.suppliers.formats import columns
from catalog.suppliers.formats.lines import text_lines
from catalog.suppliers.formats.mapping import FIELDS, OWN_NAMES, TableMapping
from catalog.suppliers.formats.offers import FeedRefused, RawOffer
from coalition.kernel.workbooks import ERRORS, Workbook

_DELIMITERS = (";", "\t", ",", "|")


class TableFile:
    """An open CSV or TSV file, to iterate once; `merchant` reads Google's table instead of by a mapping."""

    written_at: str | None = None

    def __init__(self, stream: BinaryIO, mapping: TableMapping | None = None, *, merchant: bool = False) -> None:
        self.read_bytes = 0
        self._stream, self._mapping, self._merchant = stream, mapping, merchant

    def __iter__(self) -> Iterator[RawOffer]:
        """Every row in the file's order. Raises FeedRefused as soon as the file proves unusable."""
        mapping = self._mapping or (TableMapping() if self._merchant else OWN_NAMES)
        lines = self._counted(text_lines(self._stream, mapping.encoding))
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise FeedRefused("empty", "The file is empty.")
        delimiter = "\t" if self._merchant else _delimiter(first, mapping)
        rows = _rows(_again(first, lines), delimiter)
        yield from read_rows(rows, self._mapping, merchant=self._merchant)

    def _counted(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self.read_bytes += len(line)
            yield line


class WorkbookFile:
    """An open XLSX file, to iterate once."""

    written_at: str | None = None

    def __init__(self, stream: BinaryIO, mapping: TableMapping | None = None) -> None:
        self.read_bytes = 0
        self._stream, self._mapping = stream, mapping

    def __iter__(self) -> Iterator[RawOffer]:
        """Every row of the sheet. Raises FeedRefused as soon as the file proves unusable."""
        mapping = self._mapping or OWN_NAMES
        rows = Workbook(self._stream, "," if mapping.decimal == "," else ".").rows(mapping.sheet)
        yield from read_rows(_as_wide_as_the_first((cells for _, cells in rows), mapping.last_place), self._mapping)


def read_rows(
    rows: Iterator[Sequence[str]], mapping: TableMapping | None, *, merchant: bool = False
) -> Iterator[RawOffer]:
    """The offers of a table; without a mapping its columns have our own field names. Raises FeedRefused."""
    first = next(rows, None)
    if first is None:
        raise FeedRefused("empty", "The file is empty.")
    if merchant:
        read = columns.merchant(first)
    elif mapping is not None and not mapping.header:
        read = columns.mapped(mapping, None, len(first))
        yield read(first)
    else:
        read = columns.mapped(mapping or _own(first), first, len(first))
    for row in rows:
        yield read(row)


def _own(header: Sequence[str]) -> TableMapping:
    """Our own field names, as far as the header has them."""
    titles = [title.strip() for title in header]
    found = {name: (name,) for name in FIELDS if name in titles}
    return TableMapping(columns={**OWN_NAMES.columns, **found})


def _as_wide_as_the_first(rows: Iterable[Sequence[str]], least: int) -> Iterator[list[str]]:
    """A sheet's rows with the empty cells at their ends, which a workbook leaves out, and without errors."""
    width = 0
    for cells in rows:
        width = width or max(least, len(cells))
        yield [*("" if cell in ERRORS else cell for cell in cells), *[""] * (width - len(cells))]


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield cells
    except csv.Error as error:
        raise FeedRefused("broken", f"The table's quotes do not fit together at line {reader.line_num}.") from error


def _delimiter(first: str, mapping: TableMapping) -> str:
    """The mapping's, or the one that makes most columns of the first line."""
    if mapping.delimiter != "auto":
        return mapping.delimiter
    return max(_DELIMITERS, key=lambda mark: _width(first, mark))


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader((line,), delimiter=delimiter)))
    except csv.Error:
        return 0
