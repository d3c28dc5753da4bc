"""Registries: files of purchases, one a line, recorded a chunk at a time, a transaction a chunk.

A chunk's counts and its position in the file move with its purchases, so a process that dies leaves a registry from
which the next goes on without loss or repetition. One bad line never stops a file: it becomes a rejection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one, raw, session
from coalition.kernel.errors import BadRequest, Invalid, NotFound, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.ports import StoredFile
from coalition.purchases.reading import read
from coalition.purchases.receipts import Receipt, Recorded, Refused
from coalition.purchases.recording import record
from coalition.purchases.streaming import Chunk

REGISTRY_COLUMNS = (
    "id, program_id, partner_id, state, file_key, size_bytes, position, last_line, lines, accepted, replayed, rejected,"
    " points_issued, error, created_at, started_at, finished_at"
)
_REJECT = """
    INSERT INTO registry_rejection (registry_id, line, code, field, detail)
    SELECT %s, x.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) x"""


@dataclass(frozen=True, slots=True)
class Registry:
    """A file of purchases. `state`: waiting, running, finished, or failed (then `error` is a code).

    Every line counted was accepted, was known already (replayed) or was rejected.
    """

    id: int
    program_id: int
    partner_id: int
    state: str
    file_key: str
    size_bytes: int
    position: int
    last_line: int
    lines: int
    accepted: int
    replayed: int
    rejected: int
    points_issued: int
    error: str | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("finished", "failed")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was not recorded: its number in the file, a stable code, the field's JSON pointer and a sentence."""

    line: int
    code: str
    field: str
    detail: str


Reading = tuple[int, Receipt | Refusal]


def open_registry(program_id: int, partner_id: int, stored: StoredFile) -> Registry:
    """A registry of a partner whose file lies in the store; the door asks for the job that will process it."""
    row = fetch_one(
        "INSERT INTO registry (program_id, partner_id, file_key, size_bytes, sha256)"
        f" VALUES (:program, :partner, :key, :size, :sha256) RETURNING {REGISTRY_COLUMNS}",
        {
            "program": program_id,
            "partner": partner_id,
            "key": stored.key,
            "size": stored.size,
            "sha256": stored.sha256,
        },
    )
    assert row is not None
    audit.record("registry.open", f"registry:{row.id}", partner_id=partner_id, sha256=stored.sha256)
    return Registry(**row._mapping)


def registry(registry_id: int, *, partner_id: int | None = None) -> Registry:
    """A registry, of this partner if one is named. Raises NotFound."""
    row = fetch_one(
        f"SELECT {REGISTRY_COLUMNS} FROM registry WHERE id = :id AND partner_id = coalesce(:partner, partner_id)",
        {"id": registry_id, "partner": partner_id},
    )
    if row is None:
        raise NotFound()
    return Registry(**row._mapping)


def rejections(registry_id: int, cursor: str | None, limit: int) -> Page[Rejection]:
    """The lines of a registry that were not recorded, in the order of the file."""
    (after,) = decode_cursor(cursor, int) or (0,)
    rows = fetch_all(
        "SELECT line, code, field, detail FROM registry_rejection WHERE registry_id = :id AND line > :after"
        " ORDER BY line LIMIT :limit",
        {"id": registry_id, "after": after, "limit": limit + 1},
    )
    items = [Rejection(**row._mapping) for row in rows]
    return Page(items[:limit], encode_cursor(items[limit - 1].line) if len(items) > limit else None)


def read_lines(chunk: Chunk) -> list[Reading]:
    """The chunk's lines as receipts, or as the refusals of those that cannot be read. Needs no transaction."""
    return [(number, _read(line)) for number, line in chunk.lines]


def take(at: Registry, chunk: Chunk, readings: Sequence[Reading]) -> Registry:
    """Record a chunk that follows on what has been recorded, with its counts; the registry after it.

    Raises RuntimeError if another process has taken a chunk meanwhile: then nothing is to be committed.
    """
    receipts = [(number, found) for number, found in readings if isinstance(found, Receipt)]
    results = _record(at, [receipt for _, receipt in receipts])
    refusals = [(number, found) for number, found in readings if isinstance(found, Refusal)]
    for (number, _), result in zip(receipts, results, strict=True):
        if isinstance(result, Refused):
            refusals.append((number, result.refusal))
    _reject(at.id, [_rejection(number, refusal) for number, refusal in sorted(refusals, key=lambda pair: pair[0])])
    recorded = [one for one in results if isinstance(one, Recorded)]
    return _count(at, chunk, recorded, len(refusals))


def close(at: Registry, error: str | None = None) -> None:
    """The file has been read to its end, or (with the code of an error) cannot be read any further."""
    state = "failed" if error else "finished"
    changed = execute(
        "UPDATE registry SET state = :state, error = :error, started_at = coalesce(started_at, now()),"
        " finished_at = now() WHERE id = :id AND state IN ('waiting', 'running')",
        {"id": at.id, "state": state, "error": error},
    )
    if changed:
        payload = {"registry_id": at.id, "partner_id": at.partner_id, "state": state}
        outbox.publish("registry.finished", payload, key=f"registry:{at.id}")


def _read(line: bytes | None) -> Receipt | Refusal:
    if line is None:
        return BadRequest("line_too_long", "A line may hold at most a megabyte.")
    try:
        return read(parse_object(line))
    except Refusal as refusal:
        return refusal


def _record(at: Registry, receipts: Sequence[Receipt]) -> list[Recorded | Refused]:
    """Record a batch; if the database cannot take it for its content, find the line at fault by halving."""
    try:
        with session().begin_nested():
            return record(at.partner_id, receipts, registry_id=at.id)
    except psycopg.DataError:
        if len(receipts) == 1:
            refusal = Invalid("not_storable", "The database cannot store this purchase.")
            return [Refused(receipts[0].external_id, refusal)]
    half = len(receipts) // 2
    return _record(at, receipts[:half]) + _record(at, receipts[half:])


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


def _count(at: Registry, chunk: Chunk, recorded: Sequence[Recorded], rejected: int) -> Registry:
    fresh = [one for one in recorded if not one.replayed]
    row = fetch_one(
        "UPDATE registry SET state = 'running', started_at = coalesce(started_at, now()), position = :position,"
        " last_line = :last_line, lines = lines + :lines, accepted = accepted + :accepted,"
        " replayed = replayed + :replayed, rejected = rejected + :rejected, points_issued = points_issued + :points"
        f" WHERE id = :id AND position = :from AND state IN ('waiting', 'running') RETURNING {REGISTRY_COLUMNS}",
        {
            "id": at.id,
            "from": at.position,
            "position": chunk.position,
            "last_line": chunk.last_line,
            "lines": len(recorded) + rejected,
            "accepted": len(fresh),
            "replayed": len(recorded) - len(fresh),
            "rejected": rejected,
            "points": sum(award.units for one in fresh for award in one.awards),
        },
    )
    if row is None:
        raise RuntimeError(f"registry {at.id} is being read by another process")
    return Registry(**row._mapping)
