"""A registry that is a table: rows into receipts, a chunk at a time, resumable at any receipt's first row.

A receipt is one row, or the rows that follow one another under one number; it is never cut by a chunk's end, because a
chunk of ours ends before the receipt that may go on. What is wrong with one row refuses its receipt as a whole. A row
whose receipt nobody can tell is refused by itself, and so are the receipts before and after it: one of them is short
of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from coalition.kernel.errors import BadRequest, FieldError, Invalid, Refusal
from coalition.purchases.reading.receipt import LINES_MAX
from coalition.purchases.registries.cells import Cells, Row, body
from coalition.purchases.registries.kinds import Content, interpret
from coalition.purchases.registries.mappings import ColumnMapping
from coalition.purchases.registries.objects import Objects, is_object
from coalition.purchases.registries.sheets import SheetTable, as_text
from coalition.purchases.registries.streaming import LINE_MAX, Chunk, chunks, first_line

Reading = tuple[int, Content | Refusal]
_LINE = re.compile(r"/lines/([0-9]+)/")
_COLUMNS_OF = {"qty_m": "qty", "value": "member", "kind": "member_kind", "purchase_external_id": "original"}


def read_table(
    file: BinaryIO, mapping: ColumnMapping, decimals: int, position: int = 0, last_line: int = 0
) -> Iterator[tuple[Chunk, list[Reading]]]:
    """A table's receipts from a position on, chunk by chunk. Raises Unreadable, also for a column that is missing."""
    cells = _cells(file, mapping, decimals)
    found = chunks(file, position, last_line, strip=b"\r\n")
    reader = _ByRow(cells) if mapping.grouping == "row" else _ByReceipt(cells)
    yield from reader.read(found)


def read_rows(
    file: BinaryIO, mapping: ColumnMapping, decimals: int, points_decimals: int, position: int = 0, last_line: int = 0
) -> Iterator[tuple[Chunk, list[Row]]]:
    """A table's rows as they stand, for who compares them, chunk by chunk. Raises Unreadable as `read_table` does."""
    cells = _cells(file, mapping, decimals, points_decimals)
    for chunk in chunks(file, position, last_line, strip=b"\r\n"):
        yield chunk, [row for _, _, row in _rows(cells, chunk)]


def _cells(file: BinaryIO, mapping: ColumnMapping, decimals: int, points_decimals: int = 0) -> Cells:
    """How the file's rows are read: lines of a text or of a sheet, or objects."""
    of_sheet = isinstance(file, SheetTable)
    first = first_line(file) if mapping.header else b""
    if not of_sheet and is_object(first):
        return Objects(mapping, first, decimals, points_decimals)
    return Cells(as_text(mapping) if of_sheet else mapping, first, decimals, points_decimals, of_sheet=of_sheet)


def _rows(cells: Cells, chunk: Chunk) -> Iterator[tuple[int, int, Row]]:
    """Each row with where it begins and its size; the header and empty rows are left out."""
    for (number, line), start in zip(chunk.lines, chunk.starts, strict=True):
        if not (number == 1 and cells.headed) and not cells.empty(line):
            yield start, len(line or b""), cells.row(number, line)


class _ByRow:
    """Every row is a receipt."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells

    def read(self, found: Iterable[Chunk]) -> Iterator[tuple[Chunk, list[Reading]]]:
        for chunk in found:
            yield chunk, [_reading([row], self.cells) for _, _, row in _rows(self.cells, chunk)]


@dataclass(slots=True)
class _Open:
    """A receipt that may go on, after a row that nobody can assign (`stray`) or not."""

    start: int
    line: int
    rows: list[Row] = field(default_factory=list)
    stray: Row | None = None
    spoiled: bool = False
    size: int = 0


class _ByReceipt:
    """Rows that follow one another under one number are a receipt."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.open: _Open | None = None
        self.done: list[Reading] = []

    def read(self, found: Iterable[Chunk]) -> Iterator[tuple[Chunk, list[Reading]]]:
        last = None
        for chunk in found:
            for start, size, row in _rows(self.cells, chunk):
                self._take(start, size, row)
            last, cut = chunk, chunk
            if self.open:
                cut = replace(chunk, position=self.open.start, last_line=self.open.line - 1)
            done, self.done = self.done, []
            yield cut, done
        if last and self.open:
            self._close()
            yield last, self.done

    def _take(self, start: int, size: int, row: Row) -> None:
        at = self.open
        if row.number is None and row.refusal:
            self._close(spoiled=True)
            self.open = _Open(start, row.line, stray=row, spoiled=True)
            return
        if at is None or (at.rows and at.rows[0].number != row.number):
            self._close()
            at = self.open = _Open(start, row.line)
        at.size += size
        if len(at.rows) <= LINES_MAX and at.size <= LINE_MAX:
            at.rows.append(row)

    def _close(self, *, spoiled: bool = False) -> None:
        """Tell what has become of the open receipt and of the stray row before it."""
        at, self.open = self.open, None
        if at and at.stray and at.stray.refusal:
            self.done.append((at.stray.line, at.stray.refusal))
        if at and at.rows:
            self.done.append(self._receipt(at, spoiled or at.spoiled))

    def _receipt(self, at: _Open, spoiled: bool) -> Reading:
        first = at.rows[0].line
        if at.size > LINE_MAX:
            return first, BadRequest("line_too_long", "A receipt's rows may hold at most a megabyte.")
        for row in at.rows:
            if row.refusal:
                return row.line, row.refusal
            if differing := [name for name in row.head if row.head[name] != at.rows[0].head.get(name)]:
                problem = FieldError(
                    self.cells.title(min(differing)), "rows_disagree", "The receipt has another value."
                )
                return row.line, Invalid("rows_disagree", "The rows of one receipt disagree.", [problem])
        if spoiled:
            return first, Invalid("row_missing", "A row beside this receipt cannot be read; it may belong to it.")
        return _reading(at.rows, self.cells)


def _reading(rows: list[Row], cells: Cells) -> Reading:
    """The rows' receipt under its first line, or what is wrong with it under the line that is at fault."""
    if rows[0].refusal:
        return rows[0].line, rows[0].refusal
    try:
        return rows[0].line, interpret(body(rows))
    except Refusal as refusal:
        if not refusal.errors:
            return rows[0].line, refusal
        place = _LINE.match(refusal.errors[0].pointer)
        return rows[int(place[1]) if place else 0].line, _in_words_of(cells, refusal)


def _in_words_of(cells: Cells, refusal: Refusal) -> Refusal:
    """The refusal with columns in the place of JSON pointers."""
    named = []
    for problem in refusal.errors:
        last = problem.pointer.rsplit("/", 1)[-1]
        name = _COLUMNS_OF.get(last, last)
        named.append(replace(problem, pointer=cells.title(name) if name in cells.mapping.columns else problem.pointer))
    return type(refusal)(refusal.code, refusal.detail, named)
