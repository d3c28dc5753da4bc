"""Taking a registry's file: read in chunks, recorded a chunk at a time, a transaction a chunk.

A chunk's counts and its position in the file move with its purchases, so a process that dies leaves a registry from
which the next goes on without loss or repetition. One bad line never stops a file: it becomes a rejection.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from coalition import programs
from coalition.kernel.db import fetch_one, raw, session
from coalition.kernel.errors import BadRequest, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.purchases.kinds import Item, interpret
from coalition.purchases.mappings import ColumnMapping, mapping
from coalition.purchases.receipts import Receipt, Recorded, Refused
from coalition.purchases.registries import COLUMNS, Registry, Rejection
from coalition.purchases.storing import Via
from coalition.purchases.streaming import Chunk, chunks
from coalition.purchases.suspending import Suspended, accept
from coalition.purchases.tables import read_table

_REJECT = """
    INSERT INTO registry_rejection (registry_id, line, code, field, detail)
    SELECT %s, x.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) x"""
Reading = tuple[int, Item | Refusal]


class Outcome(NamedTuple):
    """What has become of a chunk's lines."""

    recorded: list[Recorded]
    suspended: list[Suspended]
    rejected: list[Rejection]

    @property
    def counts(self) -> dict[str, int]:
        """How many lines went which way, and the points issued."""
        fresh = [one for one in self.recorded if not one.replayed]
        waiting = [one for one in self.suspended if not one.replayed]
        lines = len(self.recorded) + len(self.suspended) + len(self.rejected)
        known = lines - len(fresh) - len(waiting) - len(self.rejected)
        points = sum(award.units for one in fresh for award in one.awards)
        names = ("lines", "accepted", "suspended", "replayed", "rejected", "points")
        return dict(zip(names, (lines, len(fresh), len(waiting), known, len(self.rejected), points), strict=True))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a registry's file is written: NDJSON, or a table by a mapping in money of so many decimals."""

    mapping: ColumnMapping | None
    decimals: int


def layout(at: Registry) -> Layout:
    """How the registry's file is written."""
    chosen = None if at.mapping_id is None else mapping(at.mapping_id)
    return Layout(chosen, programs.get(at.program_id).currency_decimals)


def readings(file: BinaryIO, at: Registry, written: Layout) -> Iterator[tuple[Chunk, list[Reading]]]:
    """What the file holds from the registry's position on, a chunk at a time. Needs no transaction.

    Raises Unreadable after what was readable.
    """
    if written.mapping:
        yield from read_table(file, written.mapping, written.decimals, at.position, at.last_line)
    else:
        for chunk in chunks(file, at.position, at.last_line):
            yield chunk, read_lines(chunk)


def read_lines(chunk: Chunk) -> list[Reading]:
    """The chunk's lines as receipts, or as the refusals of those that cannot be read. Needs no transaction."""
    return [(number, _read(line)) for number, line in chunk.lines]


def take(at: Registry, chunk: Chunk, readings: Sequence[Reading]) -> Registry:
    """Record a chunk that follows on what has been recorded, with its counts; the registry after it.

    Raises RuntimeError if another process has taken a chunk meanwhile: then nothing is to be committed.
    """
    outcome = _try(at, readings) if at.dry_run else _take(at, readings)
    _reject(at.id, outcome.rejected)
    return _count(at, chunk, outcome)


def _try(at: Registry, readings: Sequence[Reading]) -> Outcome:
    """Do as if, and take everything back."""
    attempt = session().begin_nested()
    try:
        return _take(at, readings)
    finally:
        attempt.rollback()


def _take(at: Registry, readings: Sequence[Reading]) -> Outcome:
    receipts = [(number, found) for number, found in readings if isinstance(found, Receipt)]
    batch, lines = [receipt for _, receipt in receipts], [number for number, _ in receipts]
    results = accept(at.partner_id, batch, Via(at.id, at.source_id), hold=True, lines=lines)
    refusals = [(number, found) for number, found in readings if isinstance(found, Refusal)]
    for (number, _), result in zip(receipts, results, strict=True):
        if isinstance(result, Refused):
            refusals.append((number, result.refusal))
    rejected = [_rejection(number, refusal) for number, refusal in sorted(refusals, key=lambda pair: pair[0])]
    recorded = [one for one in results if isinstance(one, Recorded)]
    return Outcome(recorded, [one for one in results if isinstance(one, Suspended)], rejected)


def _read(line: bytes | None) -> Item | Refusal:
    if line is None:
        return BadRequest("line_too_long", "A line may hold at most a megabyte.")
    try:
        return interpret(parse_object(line))
    except Refusal as refusal:
        return refusal


def _rejection(line: int, refusal: Refusal) -> Rejection:
    if refusal.errors:
        first = refusal.errors[0]
        return Rejection(line, first.code, first.pointer, first.detail)
    return Rejection(line, refusal.code, "", refusal.detail)


def _reject(registry_id: int, found: Sequence[Rejection]) -> None:
    if found:
        columns = [[one.line for one in found], [one.code for one in found]]
        words = [[one.field for one in found], [one.detail for one in found]]
        raw().execute(_REJECT, (registry_id, *columns, *words))


def _count(at: Registry, chunk: Chunk, outcome: Outcome) -> Registry:
    row = fetch_one(
        "UPDATE registry SET state = 'running', started_at = coalesce(started_at, now()), position = :position,"
        " last_line = :last_line, lines = lines + :lines, accepted = accepted + :accepted,"
        " replayed = replayed + :replayed, rejected = rejected + :rejected, suspended = suspended + :suspended,"
        " points_issued = points_issued + :points"
        f" WHERE id = :id AND position = :from AND state IN ('waiting', 'running') RETURNING {COLUMNS}",
        {
            "id": at.id,
            "from": at.position,
            "position": chunk.position,
            "last_line": chunk.last_line,
            **outcome.counts,
        },
    )
    if row is None:
        raise RuntimeError(f"registry {at.id} is being read by another process")
    return Registry(**row._mapping)
