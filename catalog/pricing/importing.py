"""Tables of tariffs, zones, pick-up points and grants: CSV with a header, all of it or nothing, each wrong row named.

Delimiter comma or semicolon, UTF-8 with or without a mark; at most 100,000 rows.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from catalog.pricing.delivering.pickups import PickupPoint, set_points
from catalog.pricing.delivering.tariff_rows import Tariff, Zone, add_tariff, set_zones
from catalog.pricing.ruling.granting import Grant, grant
from coalition import members, partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.db import session
from coalition.kernel.errors import FieldError, Invalid, NotFound, Refusal

MOST_ROWS = 100_000
_MOST_PROBLEMS = 1_000
_MOST_CHARS = 500


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row: its line in the file, a column ("": the whole row), a code, and what stands there."""

    line: int
    column: str
    code: str
    value: str


@dataclass(slots=True)
class Imported:
    """How many rows were read; `problems` is empty exactly if all of them count now."""

    rows: int = 0
    problems: list[RowProblem] = field(default_factory=list)


class _Wrong(Exception):
    """A cell that cannot be read: its column and a code."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(code)
        self.column = column
        self.code = code


Row = Mapping[str, str]


def import_tariffs(program_id: int, content: bytes, *, dry_run: bool = False) -> Imported:
    """Add the rows of a table: carrier, service, zone, from_g, to_g, valid_from, valid_to, base_minor, per_kg_minor,
    free_from_points, days_min, days_max. A `dry_run` only tells what would be wrong. Raises Invalid for no table."""

    def add(row: Row) -> None:
        add_tariff(
            program_id,
            Tariff(
                row["carrier"],
                row["service"],
                row["zone"],
                _integer(row, "from_g"),
                _integer(row, "to_g"),
                _day(row, "valid_from"),
                _day(row, "valid_to") if row["valid_to"] else None,
                _integer(row, "base_minor"),
                _integer(row, "per_kg_minor"),
                _integer(row, "free_from_points") if row["free_from_points"] else None,
                _integer(row, "days_min"),
                _integer(row, "days_max"),
            ),
        )

    columns = "carrier service zone from_g to_g valid_from valid_to base_minor per_kg_minor free_from_points"
    return _each(content, (*columns.split(), "days_min", "days_max"), add, dry_run=dry_run)


def import_zones(program_id: int, content: bytes, *, dry_run: bool = False) -> Imported:
    """Set the zones of a table: carrier, country, kind, prefix, zone."""

    def add(row: Row) -> None:
        set_zones(program_id, [Zone(row["carrier"], row["country"].upper(), row["kind"], row["prefix"], row["zone"])])

    return _each(content, ("carrier", "country", "kind", "prefix", "zone"), add, dry_run=dry_run)


def import_points(program_id: int, content: bytes, *, dry_run: bool = False) -> Imported:
    """Set the pick-up points of a table: carrier, code, name, country, city, postal_code, address, hours."""

    def add(row: Row) -> None:
        if len(row["country"]) != 2 or not row["country"].isalpha():
            raise _Wrong("country", "invalid")
        for name in ("carrier", "code", "name"):
            if not row[name]:
                raise _Wrong(name, "required")
        set_points(program_id, row["carrier"], [PickupPoint(**{**row, "country": row["country"].upper()})])

    return _each(content, tuple(PickupPoint.__slots__), add, dry_run=dry_run)


def import_grants(program_id: int, content: bytes, *, dry_run: bool = False) -> Imported:
    """Grant rules by a table: rule, member, value, valid_to (the last day), uses; an empty value or uses means none.

    A member is named by its id (mbr_...) or by an identifier, such as card:1234, that the operator may present.
    """
    zone = programs.get(program_id).zone

    def add(row: Row) -> None:
        found = _member(program_id, row["member"])
        ends = clock.end_of_last_day(_day(row, "valid_to"), zone)
        value = _integer(row, "value") if row["value"] else None
        uses = _integer(row, "uses") if row["uses"] else None
        grant(program_id, row["rule"], [Grant(found, ends, value, uses)])

    return _each(content, ("rule", "member", "value", "valid_to", "uses"), add, dry_run=dry_run)


def _member(program_id: int, named: str) -> int:
    with suppress(NotFound, KeyError, Invalid):
        if named.startswith("mbr_"):
            return members.get(program_id, ids.parse("mbr", named)).id
        kind, _, value = named.partition(":")
        return members.identify(program_id, partners.operator(program_id).id, [(kind, value)])[kind, value]
    raise _Wrong("member", "unknown_member")


def _each(content: bytes, columns: Sequence[str], add: Callable[[Row], None], *, dry_run: bool) -> Imported:
    """Add row by row within one savepoint, which stays only if nothing was wrong."""
    told, attempt = Imported(), session().begin_nested()
    for line, row in _rows(content, columns):
        told.rows += 1
        try:
            add(row)
        except _Wrong as wrong:
            told.problems.append(RowProblem(line, wrong.column, wrong.code, row[wrong.column][:100]))
        except Refusal as refusal:
            told.problems += _problems(line, row, refusal)
        if len(told.problems) >= _MOST_PROBLEMS:
            break
    if told.problems or dry_run:
        attempt.rollback()
    else:
        attempt.commit()
    return told


def _problems(line: int, row: Row, refusal: Refusal) -> list[RowProblem]:
    if not refusal.errors:
        return [RowProblem(line, "", refusal.code, "")]
    names = [error.pointer.rsplit("/", 1)[-1] for error in refusal.errors]
    return [
        RowProblem(line, name if name in row else "", error.code, row.get(name, "")[:100])
        for name, error in zip(names, refusal.errors, strict=True)
    ]


def _rows(content: bytes, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_table("The file is not UTF-8.") from error
    delimiter = ";" if text.partition("\n")[0].count(";") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if set(header) != set(columns) or len(header) != len(columns):
            raise _no_table(f"The columns are {', '.join(columns)}.")
        for cells in reader:
            if reader.line_num > MOST_ROWS + 1:
                raise _no_table(f"At most {MOST_ROWS} rows.")
            if any(cells):
                yield reader.line_num, _row(header, cells)
    except csv.Error as error:
        raise _no_table("The file is no table.") from error


def _row(header: Sequence[str], cells: Sequence[str]) -> Row:
    padded = [cell.replace("\x00", "").strip()[:_MOST_CHARS] for cell in cells] + [""] * len(header)
    return dict(zip(header, padded, strict=False))


def _integer(row: Row, name: str) -> int:
    text = row[name]
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise _Wrong(name, "not_an_integer")
    return int(text)


def _day(row: Row, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(row[name])
    except ValueError as error:
        raise _Wrong(name, "not_a_date") from error


def _no_table(detail: str) -> Invalid:
    return Invalid("invalid", detail, [FieldError("/file", "invalid", detail)])
