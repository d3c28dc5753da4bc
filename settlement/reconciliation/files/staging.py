"""Laying a partner's file out in our database, a chunk a transaction, by COPY.

A chunk's lines and its position in the file move together, so a process that dies leaves a file from which the next
goes on without loss or repetition. A bad line becomes a rejection; a file of bad lines is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from coalition import programs, purchases
from coalition.kernel.copying import copy_csv, quoted
from coalition.kernel.db import fetch_one, raw
from coalition.kernel.errors import Refusal
from coalition.purchases import Chunk, ColumnMapping, Row, Unreadable
from settlement.reconciliation.files import reading
from settlement.reconciliation.files.reading import FileLine
from settlement.reconciliation.files.run import COLUMNS, Reconciliation

REJECTED_MAX = 10_000
_FREE_BYTES, _RATIO = 64 << 20, 200  # unpacked: as much is free, more only for a file that is not packed too well
_LINE = "reconciliation_id, line, external_id, occurred_on, amount_minor, points, redeemed, rate"
_REJECT = """
    INSERT INTO reconciliation_rejection (reconciliation_id, line, code, field, detail)
    SELECT %s, x.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) x"""
_AGAIN = """
    UPDATE reconciliation_line SET again = true
     WHERE reconciliation_id = %(run)s AND NOT again AND external_id = ANY(ARRAY(
           SELECT external_id FROM reconciliation_line WHERE reconciliation_id = %(run)s AND external_id = ANY(%(ids)s)
            GROUP BY external_id HAVING count(*) > 1))"""
Rejection = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written: in which zone its local times are, and by which mapping it is a table (None: NDJSON, or a
    table of our own titles)."""

    zone: ZoneInfo
    mapping: ColumnMapping | None
    decimals: int
    points_decimals: int


@dataclass(frozen=True, slots=True)
class Part:
    """What a chunk of a file holds: its lines, and those that cannot be read with the reason of each."""

    chunk: Chunk
    lines: list[FileLine]
    rejected: list[Rejection]


def layout(at: Reconciliation) -> Layout:
    """How the file of a reconciliation is written."""
    program = programs.get(at.program_id)
    chosen = None if at.mapping_id is None else purchases.mapping(at.mapping_id)
    points = programs.main_currency(program.id).decimals
    return Layout(ZoneInfo(program.zone), chosen, program.currency_decimals, points)


def by_receipt(at: Reconciliation) -> bool:
    """Whether rows of the file that follow one another under one external id are one receipt."""
    return at.mapping_id is not None and purchases.mapping(at.mapping_id).grouping == "receipt"


def parts(file: BinaryIO, at: Reconciliation, written: Layout) -> Iterator[Part]:
    """What the file holds from the reconciliation's position on. Needs no transaction.

    Raises Unreadable after what was readable, also for a bomb.
    """
    most, file = max(_FREE_BYTES, at.size_bytes * _RATIO), purchases.tabular(file, written.mapping)
    if written.mapping:
        places = (written.decimals, written.points_decimals, at.position, at.last_line)
        for chunk, rows in purchases.read_rows(file, written.mapping, *places):
            _weigh(chunk, most)
            yield _of_rows(chunk, rows, written.zone)
        return
    if header := purchases.header_of(file):
        for chunk, bodies in purchases.read_bodies(file, header, at.position, at.last_line):
            _weigh(chunk, most)
            yield _of_bodies(chunk, bodies, written.zone)
        return
    for chunk in purchases.chunks(file, at.position, at.last_line):
        _weigh(chunk, most)
        yield _of_texts(chunk, written.zone)


def stage(at: Reconciliation, part: Part) -> Reconciliation:
    """Lay out a part that follows on what was laid out; the reconciliation after it. Raises RuntimeError if another
    process has done so meanwhile, and Unreadable `too_many_rejected`: then nothing is to be committed."""
    copy_csv("reconciliation_line", _LINE, (_csv(at.id, one) for one in part.lines))
    raw().execute(_AGAIN, {"run": at.id, "ids": list({one.external_id for one in part.lines})})
    if part.rejected:
        columns = [list(column) for column in zip(*part.rejected, strict=True)]
        raw().execute(_REJECT, (at.id, *columns))
    row = fetch_one(
        "UPDATE reconciliation SET state = 'reading', position = :position, last_line = :last_line,"
        " lines = lines + :lines, rejected = rejected + :rejected, touched_at = now()"
        f" WHERE id = :id AND position = :from AND state IN ('waiting', 'reading') RETURNING {COLUMNS}",
        {
            "id": at.id,
            "from": at.position,
            "position": part.chunk.position,
            "last_line": part.chunk.last_line,
            "lines": len(part.lines),
            "rejected": len(part.rejected),
        },
    )
    if row is None:
        raise RuntimeError(f"reconciliation {at.id} is being read by another process")
    if row.rejected > REJECTED_MAX:
        raise Unreadable("too_many_rejected")
    return Reconciliation(**row._mapping)


def _of_rows(chunk: Chunk, rows: Sequence[Row], zone: ZoneInfo) -> Part:
    part = Part(chunk, [], [])
    for row in rows:
        try:
            part.lines.append(reading.of_row(row, zone))
        except Refusal as refusal:
            part.rejected.append((row.line, *reading.told(refusal)))
    return part


def _of_texts(chunk: Chunk, zone: ZoneInfo) -> Part:
    part = Part(chunk, [], [])
    for no, text in chunk.lines:
        try:
            part.lines.append(reading.of_text(no, text, zone))
        except Refusal as refusal:
            part.rejected.append((no, *reading.told(refusal)))
    return part


def _of_bodies(chunk: Chunk, bodies: Sequence[tuple[int, dict[str, Any] | Refusal]], zone: ZoneInfo) -> Part:
    part = Part(chunk, [], [])
    for no, body in bodies:
        try:
            if isinstance(body, Refusal):
                raise body
            part.lines.append(reading.of_body(no, body, zone))
        except Refusal as refusal:
            part.rejected.append((no, *reading.told(refusal)))
    return part


def _weigh(chunk: Chunk, most: int) -> None:
    if chunk.position > most:
        raise Unreadable("file_bomb")


def _csv(run_id: int, one: FileLine) -> str:
    return (
        f"{run_id},{one.line},{quoted(one.external_id)},{one.occurred_on},{one.amount_minor},{one.points},"
        f"{one.redeemed},{one.rate}"
    )
