"""Registries: files of purchases as rows of ours: opened, followed, closed, with what was rejected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from coalition import access
from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.ports import StoredFile

COLUMNS = (
    "id, program_id, partner_id, source_id, mapping_id, content, dry_run, state, file_key, size_bytes, position,"
    " last_line, lines, accepted, replayed, rejected, suspended, points_issued, error, created_at, started_at,"
    " finished_at, (SELECT coalesce(jsonb_object_agg(c.code, i.units ORDER BY c.id), '{}') FROM registry_issued i"
    " JOIN currency c ON c.id = i.currency_id WHERE i.registry_id = registry.id) AS issued"
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A file of purchases. `state`: waiting, running, finished, or failed (then `error` is a code).

    Every line counted was accepted, was known already (replayed), was rejected or waits for its member (suspended);
    where a receipt has several rows, a receipt counts as one line. Of a `dry_run` nothing stays but its counts.
    `content`: any lines, or cards alone. `issued` are the points that its lines brought by the code of their currency,
    `points_issued` the same as one number, which says something where there is one currency alone.
    """

    id: int
    program_id: int
    partner_id: int
    source_id: int | None
    mapping_id: int | None
    content: str
    dry_run: bool
    state: str
    file_key: str
    size_bytes: int
    position: int
    last_line: int
    lines: int
    accepted: int
    replayed: int
    rejected: int
    suspended: int
    points_issued: int
    error: str | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    issued: Mapping[str, int]

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("finished", "failed")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was not recorded: its number in the file, a stable code, a sentence, and the field at fault.

    `field` is a JSON pointer, or the title of a table's column.
    """

    line: int
    code: str
    field: str
    detail: str


def open_registry(
    program_id: int,
    partner_id: int,
    stored: StoredFile,
    *,
    mapping_id: int | None = None,
    source_id: int | None = None,
    content: str = "any",
    dry_run: bool = False,
) -> Registry:
    """A registry of a partner whose file lies in the store; the door asks for the job that will process it.

    With a mapping the file is a table, else NDJSON or a table of our own titles. `content`: `any`, or `cards`, whose
    lines need no type. A `dry_run` checks everything as if it were recorded. Raises Conflict `partner_suspended`.
    """
    if access.suspension(partner_id) is not None:
        raise Conflict("partner_suspended", "The partner is suspended; nothing is recorded in its name.")
    row = fetch_one(
        "INSERT INTO registry (program_id, partner_id, source_id, mapping_id, content, dry_run, file_key, size_bytes,"
        " sha256)"
        " VALUES (:program, :partner, :source, :mapping, :content, :dry_run, :key, :size, :sha256)"
        f" RETURNING {COLUMNS}",
        {
            "program": program_id,
            "partner": partner_id,
            "source": source_id,
            "mapping": mapping_id,
            "content": content,
            "dry_run": dry_run,
            "key": stored.key,
            "size": stored.size,
            "sha256": stored.sha256,
        },
    )
    assert row is not None
    audit.record("registry.open", f"registry:{row.id}", partner_id=partner_id, sha256=stored.sha256)
    return Registry(**row._mapping)


def recording_of(tried: Registry) -> Registry | None:
    """The registry that records the file which `tried` has only tried, if there is one."""
    row = fetch_one(
        f"SELECT {COLUMNS} FROM registry WHERE partner_id = :partner AND id > :id AND file_key = :key AND NOT dry_run"
        " ORDER BY id LIMIT 1",
        {"partner": tried.partner_id, "id": tried.id, "key": tried.file_key},
    )
    return Registry(**row._mapping) if row else None


def record_tried(tried: Registry) -> tuple[Registry, bool]:
    """The registry that records what `tried` has only tried, and whether it is new: the same file by the same mapping.

    Locks `tried`. Raises Conflict `not_tried` unless it was tried to the end of the file, `partner_suspended`.
    """
    if not tried.dry_run or tried.state != "finished":
        raise Conflict("not_tried", "Only a file that was tried to its end is recorded so.")
    row = fetch_one("SELECT sha256 FROM registry WHERE id = :id FOR UPDATE", {"id": tried.id})
    assert row is not None
    if known := recording_of(tried):
        return known, False
    stored = StoredFile(tried.file_key, tried.size_bytes, row.sha256)
    opened = open_registry(
        tried.program_id,
        tried.partner_id,
        stored,
        mapping_id=tried.mapping_id,
        source_id=tried.source_id,
        content=tried.content,
    )
    return opened, True


def registry(registry_id: int, *, partner_id: int | None = None) -> Registry:
    """A registry, of this partner if one is named. Raises NotFound."""
    row = fetch_one(
        f"SELECT {COLUMNS} FROM registry WHERE id = :id AND partner_id = coalesce(:partner, partner_id)",
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


def close(at: Registry, error: str | None = None) -> None:
    """The file has been read to its end, or (with the code of an error) cannot be read any further."""
    state = "failed" if error else "finished"
    changed = execute(
        "UPDATE registry SET state = :state, error = :error, started_at = coalesce(started_at, now()),"
        " finished_at = now() WHERE id = :id AND state IN ('waiting', 'running')",
        {"id": at.id, "state": state, "error": error},
    )
    if changed:
        payload = {"registry_id": at.id, "partner_id": at.partner_id, "state": state, "dry_run": at.dry_run}
        outbox.publish("registry.finished", payload, key=f"registry:{at.id}")
