"""A table that needs no mapping: its titles are our own fields, and every row says what a line of NDJSON would.

A title is a field (`external_id`) or a field of one (`member.kind`, `attributes.course`). The cell of a text is that
text; any other is its JSON, in the units of the wire: `points_paid` in minor units, `lines` a list of objects. A cell
that is no JSON is a text, too, and an empty one is left out. Every row is read as strictly as NDJSON.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from coalition.kernel.errors import BadRequest, FieldError, Invalid, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.kernel.workbooks import ERRORS, WHAT_ERRORS_ARE, is_workbook
from coalition.purchases.registries.kinds import Content, interpret
from coalition.purchases.registries.mappings import DELIMITERS
from coalition.purchases.registries.sheets import SheetTable
from coalition.purchases.registries.streaming import Chunk, Unreadable, chunks, first_line
from coalition.purchases.registries.tables import Reading

_MARK = "external_id"  # every line has it, and no line of NDJSON is a row with this title
_TEXTS = frozenset(
    ("external_id", "type", "event_type", "occurred_at", "outlet", "currency", "channel", "hold_id", "quote_id")
) | {
    "proof",
    "on_unknown_member",
    "purchase_external_id",
    "mcc",
    "merchant",
    "original",
    "member.kind",
    "member.value",
    "rate",
}


@dataclass(frozen=True, slots=True)
class Header:
    """The titles of a table's columns, what stands between its cells, and whether it is a workbook's."""

    titles: tuple[str, ...]
    delimiter: str
    of_sheet: bool = False


def header_of(file: BinaryIO) -> Header | None:
    """The header of a file that is such a table, else None; the file stands at its beginning again.

    Raises Unreadable `mapping_missing` for a sheet that is none: it cannot be anything else.
    """
    of_sheet = isinstance(file, SheetTable)
    try:
        text = first_line(file).decode()
    except (Unreadable, UnicodeDecodeError):
        return None
    for delimiter in "" if text.lstrip().startswith("{") else DELIMITERS:
        titles = [title.strip() for title in _cells(text, delimiter)]
        while titles and not titles[-1]:
            titles.pop()
        if _MARK in titles:
            return Header(tuple(titles), delimiter, of_sheet)
    if of_sheet:
        raise Unreadable("mapping_missing")
    return None


def has_own_titles(file: BinaryIO) -> bool:
    """Whether a file is such a table, or a workbook, whose titles are looked at when it is read.

    It stands at its beginning again.
    """
    return is_workbook(file) or header_of(file) is not None


def read_plain(
    file: BinaryIO, header: Header, position: int = 0, last_line: int = 0
) -> Iterator[tuple[Chunk, list[Reading]]]:
    """The table's rows from a position on as what they are, chunk by chunk. Raises Unreadable as `read_bodies` does."""
    for chunk, bodies in read_bodies(file, header, position, last_line):
        yield chunk, [(number, _interpreted(body)) for number, body in bodies]


def read_bodies(
    file: BinaryIO, header: Header, position: int = 0, last_line: int = 0
) -> Iterator[tuple[Chunk, list[tuple[int, dict[str, Any] | Refusal]]]]:
    """The table's rows from a position on as the objects that NDJSON would have, chunk by chunk.

    Raises Unreadable after what was readable.
    """
    blank = header.delimiter.encode() + b" \t\r\n"
    for chunk in chunks(file, position, last_line, strip=b"\r\n"):
        rows = [(number, row) for number, row in chunk.lines if number > 1 and (row is None or row.strip(blank))]
        yield chunk, [(number, _read(row, header)) for number, row in rows]


def _interpreted(body: dict[str, Any] | Refusal) -> Content | Refusal:
    if isinstance(body, Refusal):
        return body
    try:
        return interpret(body)
    except Refusal as refusal:
        return refusal


def _read(row: bytes | None, header: Header) -> dict[str, Any] | Refusal:
    if row is None:
        return BadRequest("line_too_long", "A line may hold at most a megabyte.")
    try:
        return _body(row, header)
    except UnicodeDecodeError:
        return BadRequest("not_utf8", "This is not valid UTF-8.")
    except Refusal as refusal:
        return refusal


def _body(row: bytes, header: Header) -> dict[str, Any]:
    text = row.decode()
    if "\0" in text:
        raise Invalid("forbidden_character", "A text may hold no NUL.")
    if not (cells := _cells(text, header.delimiter)):
        raise BadRequest("not_csv", "The line's quotes do not fit together.")
    while len(cells) > len(header.titles) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(header.titles):
        raise BadRequest("wrong_columns", f"The line has {len(cells)} columns, not {len(header.titles)}.")
    body: dict[str, Any] = {}
    for title, cell in zip(header.titles, cells, strict=True):
        if header.of_sheet and cell in ERRORS:
            problem = FieldError(title, "invalid", f"{cell} is {WHAT_ERRORS_ARE}.")
            raise Invalid("invalid", "A cell holds no value.", [problem])
        if cell.strip():
            _put(body, title, cell.strip())
    return body


def _put(body: dict[str, Any], title: str, cell: str) -> None:
    root, _, leaf = title.partition(".")
    inside = body.setdefault(root, {}) if leaf else body
    name = leaf or root
    if not isinstance(inside, dict) or name in inside:
        raise BadRequest("duplicate_key", "The row says one field twice.")
    inside[name] = cell if title in _TEXTS else _value(name, cell)


def _value(name: str, cell: str) -> Any:
    """What a cell says: its JSON, or itself where it is none. Raises Invalid for a number that no field may have."""
    try:
        value = parse_object(f"{{{json.dumps(name)}: {cell}}}".encode())
    except BadRequest:
        return cell
    return value[name] if len(value) == 1 else cell


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of a row; of one whose quotes do not fit together none."""
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
