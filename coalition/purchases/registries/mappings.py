"""Column mappings: how a partner's table of receipts is to be read, saved once under a name and chosen for a file.

A saved mapping is never rewritten: saving again under the same name makes a new version, and a file that is being read
keeps the version with which it began.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.mappings import NAME, Shelf

ENCODINGS = ("utf-8", "windows-1251")
DELIMITERS = (",", ";", "\t", "|")
GROUPINGS = ("row", "receipt")
HEAD_FIELDS = frozenset(
    ("type", "external_id", "occurred_at", "outlet", "member", "member_kind", "currency", "channel", "points_paid")
) | {"payment_kind", "mcc", "merchant", "original"}
LINE_FIELDS = frozenset(("no", "sku", "name", "category", "qty", "price", "amount"))
COMPARED_FIELDS = frozenset(("points", "points_redeemed", "rate"))  # read only where a file is compared with ours
FIELDS = HEAD_FIELDS | LINE_FIELDS | COMPARED_FIELDS
_SHELF = Shelf("column_mapping", owner="partner_id", word="mapping")
_SAMPLE = dt.datetime(2026, 11, 25, 13, 45, tzinfo=dt.UTC)
SHEET_MAX = 31  # characters; a spreadsheet's own limit
_PARTS_MAX = 5
_DEFAULTS: dict[str, Any] = {
    "delimiter": ",",
    "encoding": "utf-8",
    "decimal": ".",
    "date_format": "iso",
    "zone": "UTC",
    "header": True,
    "grouping": "row",
    "sheet": None,
    "fixed": {},
}
_KEYS = frozenset((*_DEFAULTS, "columns"))
Column = str | int


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How to read a table. `columns` names for each field the columns (several are joined by a space).

    A column is its title, or its place from 1 where the file has no header. `fixed` are values that every row has.
    Money is written in the program's currency with `decimal` as its mark, instants as `date_format` (strptime, or
    `iso`) in `zone`. `grouping`: a receipt is one `row`, or all rows that follow one another under one number.
    `sheet` is the sheet of a workbook (None: the first); delimiter and encoding are for texts alone.
    """

    id: int
    name: str
    version: int
    delimiter: str
    encoding: str
    decimal: str
    date_format: str
    zone: str
    header: bool
    grouping: str
    sheet: str | None
    fixed: Mapping[str, str]
    columns: Mapping[str, tuple[Column, ...]]

    @property
    def last_place(self) -> int:
        """The last column that is named, of a table without a header."""
        return max(int(part) for parts in self.columns.values() for part in parts)


def save_mapping(partner_id: int, name: str, definition: Mapping[str, Any]) -> ColumnMapping:
    """Save a mapping under a name; the same definition again changes nothing. Raises Invalid with every wrong field.

    Locks the partner's mappings.
    """
    return _mapping(_SHELF.save(partner_id, name, _checked(name, definition)))


def hold_mappings(partner_id: int) -> None:
    """Let nobody else save a mapping of this partner until this transaction ends."""
    _SHELF.hold(partner_id)


def mapping_by_name(partner_id: int, name: str) -> ColumnMapping:
    """The newest version of a partner's mapping. Raises Invalid `unknown_mapping`."""
    return _mapping(_SHELF.by_name(partner_id, name))


def mapping(mapping_id: int) -> ColumnMapping:
    """One version of a mapping. Raises NotFound."""
    return _mapping(_SHELF.by_id(mapping_id))


def mappings(partner_id: int) -> list[ColumnMapping]:
    """The newest version of each of a partner's mappings, by name; at most 200."""
    return [_mapping(row) for row in _SHELF.of(partner_id)]


def read_mapping(name: str, definition: Mapping[str, Any]) -> ColumnMapping:
    """A mapping that is not saved, out of its definition. Raises Invalid with every wrong field."""
    return _built(0, name, 0, _checked(name, definition))


def _mapping(row: Any) -> ColumnMapping:
    return _built(row.id, row.name, row.version, row.definition)


def _built(number: int, name: str, version: int, given: Mapping[str, Any]) -> ColumnMapping:
    columns = {field: tuple(parts) for field, parts in given["columns"].items()}
    plain = {key: given.get(key, default) for key, default in _DEFAULTS.items() if key != "fixed"}
    return ColumnMapping(number, name, version, **plain, fixed=dict(given["fixed"]), columns=columns)


def _checked(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with its defaults, in one spelling."""
    given = {**_DEFAULTS, **definition}
    problems = [FieldError(f"/{key[:80]}", "unknown_field", "Unknown field.") for key in given.keys() - _KEYS]
    if not NAME.fullmatch(name):
        problems.append(FieldError("/name", "invalid", "A name has 1 to 40 of a-z, 0-9, dot, dash and underscore."))
    for key, allowed in (("delimiter", DELIMITERS), ("encoding", ENCODINGS), ("decimal", (".", ","))):
        problems += _one_of(given, key, allowed)
    problems += _one_of(given, "grouping", GROUPINGS) + _one_of(given, "header", (True, False))
    problems += _zone(given) + _sheet(given["sheet"]) + _fixed(given["fixed"]) + _columns(given)
    if not problems and (missing := {"external_id", "occurred_at", "amount"} - given["columns"].keys()):
        problems += [FieldError(f"/columns/{field}", "required", "Name its column.") for field in sorted(missing)]
    if problems:
        raise Invalid("invalid", "The mapping cannot be used.", problems)
    columns = {field: parts if isinstance(parts, list) else [parts] for field, parts in given["columns"].items()}
    return {**given, "columns": columns}


def _one_of(given: Mapping[str, Any], key: str, allowed: Sequence[Any]) -> list[FieldError]:
    if any(type(given[key]) is type(one) and given[key] == one for one in allowed):
        return []
    return [FieldError(f"/{key}", "invalid", f"One of: {', '.join(map(repr, allowed))}.")]


def _zone(given: Mapping[str, Any]) -> list[FieldError]:
    problems = []
    try:
        ZoneInfo(given["zone"])
    except (KeyError, ValueError, TypeError, OSError):
        problems.append(FieldError("/zone", "invalid", "A time zone is an IANA name such as Europe/Riga."))
    if not _is_date_format(given["date_format"]):
        problems.append(FieldError("/date_format", "invalid", "Write `iso`, or a format such as %d.%m.%Y %H:%M."))
    return problems


def _is_date_format(given: Any) -> bool:
    """Whether instants can be read so: `iso`, or directives that are known and name the day."""
    if not isinstance(given, str) or not (given == "iso" or 0 < given.count("%") <= 12):
        return False
    try:
        read = _SAMPLE if given == "iso" else dt.datetime.strptime(_SAMPLE.strftime(given), given)  # noqa: DTZ007
    except ValueError:
        return False
    return read.date() == _SAMPLE.date()


def _sheet(given: Any) -> list[FieldError]:
    if given is None or (isinstance(given, str) and 1 <= len(given) <= SHEET_MAX):
        return []
    return [FieldError("/sheet", "invalid", "Write the name of a workbook's sheet, or nothing for the first.")]


def _fixed(given: Any) -> list[FieldError]:
    if not isinstance(given, dict):
        return [FieldError("/fixed", "invalid", "Fixed values are an object.")]
    return [
        FieldError(f"/fixed/{str(field)[:80]}", "invalid", "Fix a field's text of 1 to 300 characters.")
        for field, value in given.items()
        if field not in FIELDS or not (isinstance(value, str) and 1 <= len(value) <= 300)
    ]


def _columns(given: Mapping[str, Any]) -> list[FieldError]:
    columns = given.get("columns")
    if not isinstance(columns, dict) or not columns:
        return [FieldError("/columns", "required", "Name the column of each field.")]
    problems = []
    for field, parts in columns.items():
        names = parts if isinstance(parts, list) else [parts]
        right = 1 <= len(names) <= _PARTS_MAX and all(_is_column(name, given["header"]) for name in names)
        if field not in FIELDS:
            problems.append(FieldError(f"/columns/{field[:80]}", "unknown_field", "Unknown field."))
        elif not right or (field in given["fixed"] if isinstance(given["fixed"], dict) else False):
            problems.append(
                FieldError(f"/columns/{field}", "invalid", "Name a column (or up to five), or fix a value.")
            )
    return problems


def _is_column(name: Any, header: Any) -> bool:
    if header is True:
        return isinstance(name, str) and 1 <= len(name) <= 200
    return type(name) is int and 1 <= name <= 1_000
