"""A workbook's parts as streams of XML: no tree is built, so that memory does not grow with what a part holds.

libxml2 refuses entities, a text or an attribute of more than ten megabytes, and depth without end.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from lxml import etree

from coalition.kernel.unpacking import FileRefused
from coalition.kernel.workbooks.values import ERRORS, NO_RESULT, OTHER_ERROR, iso_text, unescaped

ROWS_MAX = 1_048_576  # of a sheet, as spreadsheets themselves have it
COLUMNS_MAX = 16_384
_FILLED_MAX = 2_000  # columns with values: a row is as long as its last one, so that few far ones make very much
_CHUNK = 1 << 16
_CELL_MAX = 1 << 20  # characters; a spreadsheet's own limit is 32,767
_TEXTS_BYTES, _TEXTS_MAX = 100 << 20, 10_000_000
_SKIPPED = "rPh"  # how a text is pronounced
Attributes = Mapping[str, str]


class Part:
    """What listens to a part's elements, by their local names."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """A piece of text."""

    def close(self) -> None:
        """The part ends."""

    def doctype(self, *_: Any) -> None:
        """A document type is what no workbook has. Raises FileRefused."""
        raise FileRefused("entities_forbidden", "The workbook declares a document type.")


def local(tag: str) -> str:
    """The name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


def parsed(stream: BinaryIO, part: Part) -> Iterator[None]:
    """Tell a part's elements to its listener; comes back after each piece. Raises FileRefused."""
    parser = etree.XMLParser(target=part, resolve_entities=False, no_network=True, huge_tree=False)  # type: ignore[arg-type]
    try:
        while piece := stream.read(_CHUNK):
            parser.feed(piece)
            yield
        parser.close()
    except etree.LxmlError as error:
        raise FileRefused("broken", f"A part of the workbook is not well-formed: {error}") from error
    yield


class _Texted(Part):
    """A part of which texts are put together out of pieces."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.listening = self.muted = False

    def data(self, text: str) -> None:
        if self.listening:
            self.size += len(text)
            if self.size > _CELL_MAX:
                raise FileRefused("broken", f"A cell of the workbook has more than {_CELL_MAX} characters.")
            self.pieces.append(text)

    def taken(self) -> str:
        """The text so far, which is forgotten."""
        text = self.pieces[0] if len(self.pieces) == 1 else "".join(self.pieces)
        self.pieces, self.size = [], 0
        return text


class SharedTexts(_Texted):
    """The texts that cells name by their numbers, kept end to end as UTF-8: memory is what the part itself has."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes, self.ends = bytearray(), array("Q", [0])

    def start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        self.listening = name == "t" and not self.muted
        self.muted = self.muted or name == _SKIPPED

    def end(self, tag: str) -> None:
        self.listening = False
        name = local(tag)
        if name == _SKIPPED:
            self.muted = False
        elif name == "si":
            self.bytes += unescaped(self.taken()).encode()
            self.ends.append(len(self.bytes))
            if len(self.bytes) > _TEXTS_BYTES or len(self.ends) > _TEXTS_MAX:
                raise FileRefused("archive_bomb", "The workbook has too many different texts.")

    def __getitem__(self, number: int) -> str:
        """A text. Raises IndexError."""
        if number < 0:
            raise IndexError(number)
        return self.bytes[self.ends[number] : self.ends[number + 1]].decode()


class Rows(_Texted):
    """A sheet's rows as they end: number and texts; `done` is emptied by whoever reads on.

    `readers` say by a cell's style how its number is read. Raises FileRefused where rows or cells go backwards.
    """

    def __init__(self, texts: SharedTexts, readers: Sequence[Callable[[str], str]]) -> None:
        super().__init__()
        self.texts, self.readers = texts, readers
        self.done: list[tuple[int, list[str]]] = []
        self.row = self.column = 0
        self.cells: list[str] | None = None
        self.kind, self.style, self.formula, self.found = "n", 0, False, ""
        self.columns: dict[str, int] = {}

    def start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        if name in ("v", "t"):
            self.listening = self.cells is not None and not self.muted
        elif name == "c" and self.cells is not None:
            self.kind, self.style = attributes.get("t", "n"), _natural(attributes.get("s", "0"))
            self.formula, self.found = False, ""
            self._go_to(attributes.get("r"))
        elif name == "f":
            self.formula = True
        elif name == "row":
            self._begin(attributes.get("r"))
        elif name == _SKIPPED:
            self.muted = True

    def end(self, tag: str) -> None:
        name = local(tag)
        if name in ("v", "t"):
            self.listening = False
        elif name == "c" and self.cells is not None:
            self._keep(self.cells)
        elif name == "row" and self.cells is not None:
            if self.cells:
                self.done.append((self.row, self.cells))
            self.cells = None
        elif name == _SKIPPED:
            self.muted = False

    def _begin(self, named: str | None) -> None:
        number = self.row + 1 if named is None else _natural(named)
        if not self.row < number <= ROWS_MAX:
            raise FileRefused("broken", f"The sheet's rows are out of order, or more than {ROWS_MAX}.")
        self.row, self.column, self.cells = number, 0, []

    def _go_to(self, named: str | None) -> None:
        letters = named.rstrip("0123456789") if named else ""
        number = self.columns.get(letters) if letters else self.column + 1
        if number is None:
            number = self.columns[letters] = _column(letters)
        if not self.column < number <= COLUMNS_MAX:
            raise FileRefused("broken", f"Cells of row {self.row} are out of order, or more than {COLUMNS_MAX}.")
        self.column = number

    def _keep(self, cells: list[str]) -> None:
        """Put the cell in its place; what is empty takes none."""
        text = self.taken() if self.pieces else ""
        value = self._value(text).strip() if text else NO_RESULT if self.formula and self.kind != "str" else ""
        if value:
            if self.column > _FILLED_MAX:
                raise FileRefused("broken", f"Row {self.row} has a value beyond column {_FILLED_MAX}.")
            cells.extend([""] * (self.column - 1 - len(cells)))
            cells.append(value)

    def _value(self, text: str) -> str:
        """What the cell says; a number or a date that is none stays as it is written."""
        try:
            if self.kind == "s":
                return self.texts[int(text)]
            if self.kind == "n":
                return self.readers[self.style if self.style < len(self.readers) else 0](text)
            if self.kind == "d":
                return iso_text(text)
        except IndexError as error:
            raise FileRefused("broken", f"A cell of row {self.row} names a text that is not there.") from error
        except (ValueError, OverflowError):
            return text
        if self.kind == "b":
            return "true" if text.strip() in ("1", "true") else "false"
        if self.kind == "e":
            return text if text in ERRORS else OTHER_ERROR
        return unescaped(text)


def _natural(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise FileRefused("broken", f"{text[:40]!r} is no number of a row or style.")
    return int(text)


def _column(letters: str) -> int:
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise FileRefused("broken", f"{letters[:40]!r} is no column.")
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - 64
    return number
