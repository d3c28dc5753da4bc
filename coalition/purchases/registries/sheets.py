"""A registry that is a workbook, as the table that it would be as text: a row a line, at the sheet's own row numbers.

The lines are made while they are read and are always the same, so that a position in them is as good as one in a file:
from there a later process goes on. A number is written with the mark that the mapping expects, a date as
year-month-day, and the header stands on the first line, wherever the sheet begins.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from typing import Any, BinaryIO

from coalition.kernel.unpacking import FileRefused
from coalition.kernel.workbooks import Workbook, is_workbook
from coalition.purchases.registries.mappings import ColumnMapping
from coalition.purchases.registries.streaming import Unreadable

_DELIMITER, _ENCODING = "\t", "utf-8"
_BREAKS = str.maketrans("\r\n", "  ")
_PIECE = 1 << 16


class SheetTable(io.BufferedReader):
    """A sheet's rows as lines of text, to be read on, and again from the beginning."""

    def __init__(self, file: BinaryIO, mapping: ColumnMapping | None) -> None:
        """Raises Unreadable with the code of FileRefused, or `empty`; and so does reading."""
        super().__init__(_Lines(file, mapping), _PIECE)


def tabular(file: BinaryIO, mapping: ColumnMapping | None) -> BinaryIO:
    """The file itself, or a workbook's sheet in its place. Raises Unreadable."""
    return SheetTable(file, mapping) if is_workbook(file) else file


def as_text(mapping: ColumnMapping) -> ColumnMapping:
    """The mapping for the text that stands in a sheet's place."""
    return replace(mapping, delimiter=_DELIMITER, encoding=_ENCODING)


class _Lines(io.RawIOBase):
    def __init__(self, file: BinaryIO, mapping: ColumnMapping | None) -> None:
        self.header, self.sheet = mapping is None or mapping.header, mapping.sheet if mapping else None
        try:
            self.book = Workbook(file, mapping.decimal if mapping else ".")
            first = next(self.book.rows(self.sheet), None)
        except FileRefused as refusal:
            raise Unreadable(refusal.code) from refusal
        if first is None:
            raise Unreadable("empty")
        self.width = len(first[1]) if mapping is None or mapping.header else mapping.last_place
        self.pieces, self.left, self.position = self._pieces(), memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("a sheet is read on, or again from the beginning")
        self.pieces, self.left, self.position = self._pieces(), memoryview(b""), 0
        return 0

    def readinto(self, buffer: Any) -> int:
        if not self.left:
            try:
                self.left = memoryview(next(self.pieces, b""))
            except FileRefused as refusal:
                raise Unreadable(refusal.code) from refusal
        piece, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(piece)] = piece
        self.position += len(piece)
        return len(piece)

    def _pieces(self) -> Iterator[bytes]:
        """The lines, many at a time."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=_DELIMITER, lineterminator="\n")
        for cells in self._in_their_places():
            if cells:
                cells.extend([""] * (self.width - len(cells)))
                writer.writerow([cell.translate(_BREAKS) for cell in cells])
            else:
                out.write("\n")
            if out.tell() >= _PIECE:
                yield out.getvalue().encode()
                out.seek(out.truncate(0))
        yield out.getvalue().encode()

    def _in_their_places(self) -> Iterator[list[str]]:
        """Every row of the sheet from 1 on, the empty ones, too; the header is the first of all."""
        line = 0
        for number, cells in self._rows():
            yield from repeat([], number - line - 1)
            yield cells
            line = number

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        rows = self.book.rows(self.sheet)
        first = next(rows, None)
        return chain([] if first is None else [(1, first[1]) if self.header else first], rows)
