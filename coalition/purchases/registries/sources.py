"""Sources: every way in which a partner's transactions come to us, with its mapping, its schedule and what it brought.

A purchase that names no source came by the API. Whatever the source, a purchase is recorded once under (partner,
external id); a source that is fetched takes each file once, too, by its key and etag.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition import access
from coalition.kernel import audit
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one, raw
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.ports import BucketObject, StoredFile
from coalition.purchases.registries.mappings import mapping_by_name
from coalition.purchases.registries.registry import Registry, open_registry

SOURCE_KINDS = ("api", "registry", "s3", "bank", "event")
_COLUMNS = (
    "id, program_id, partner_id, code, kind, name, state, mapping, location, every_s, next_run_at, dedupe, last_run_at,"
    " last_error"
)
_DEDUPE = {
    "s3": "a file once by key and etag; a purchase once by partner and external id",
    "bank": "a transaction once by partner and external id, a reversal by its own",
    "event": "an event once by partner and external id",
}
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """A way in. `location` is the bucket and prefix that an s3 source is fetched from every `every_s` seconds."""

    id: int
    program_id: int
    partner_id: int
    code: str
    kind: str
    name: str
    state: str
    mapping: str | None
    location: Mapping[str, str] | None
    every_s: int | None
    next_run_at: dt.datetime | None
    dedupe: str
    last_run_at: dt.datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What a source has brought so far, over all its files."""

    files: int
    lines: int
    accepted: int
    replayed: int
    rejected: int
    suspended: int


def define_source(
    program_id: int,
    partner_id: int,
    code: str,
    *,
    kind: str,
    name: str,
    mapping: str | None = None,
    bucket: str | None = None,
    prefix: str = "",
    every_s: int | None = None,
) -> Source:
    """A new source of a partner. Raises Invalid with every wrong field, Conflict `source_exists`."""
    _check(partner_id, code, kind, mapping, bucket, every_s)
    location = json.dumps({"bucket": bucket, "prefix": prefix}) if bucket else None
    row = fetch_one(
        "INSERT INTO source (program_id, partner_id, code, kind, name, mapping, location, every_s, next_run_at, dedupe)"
        " VALUES (:program, :partner, :code, :kind, :name, :mapping, CAST(:location AS jsonb), :every_s,"
        f" CASE WHEN :every_s > 0 THEN now() END, :dedupe) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        {
            "program": program_id,
            "partner": partner_id,
            "code": code,
            "kind": kind,
            "name": name,
            "mapping": mapping,
            "location": location,
            "every_s": every_s,
            "dedupe": _DEDUPE.get(kind, "a purchase once by partner and external id"),
        },
    )
    if row is None:
        raise Conflict("source_exists", "The partner has a source with this code.")
    audit.record("source.define", f"source:{row.id}", partner_id=partner_id, code=code, kind=kind)
    return Source(**row._mapping)


def source_by_code(partner_id: int, code: str) -> Source:
    """A partner's source. Raises Invalid `unknown_source`."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM source WHERE partner_id = :partner AND code = :code",
        {"partner": partner_id, "code": code},
    )
    if row is None:
        problem = FieldError("/source", "unknown_source", "The partner has no such source.")
        raise Invalid("unknown_source", "There is no such source.", [problem])
    return Source(**row._mapping)


def source(source_id: int) -> Source:
    """A source. Raises NotFound."""
    row = fetch_one(f"SELECT {_COLUMNS} FROM source WHERE id = :id", {"id": source_id})
    if row is None:
        raise NotFound()
    return Source(**row._mapping)


def fetch_now(source_id: int) -> None:
    """Let a source that is fetched be due at once. Raises Invalid for one that is not."""
    changed = execute(
        "UPDATE source SET next_run_at = now() WHERE id = :id AND kind = 's3' AND every_s IS NOT NULL",
        {"id": source_id},
    )
    if not changed:
        raise Invalid("invalid", "Only a source with a bucket and an interval is fetched.")


def sources(program_id: int, partner_id: int | None = None) -> list[Source]:
    """A program's sources (or one partner's), by partner and code; at most 1,000."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM source WHERE program_id = :program AND partner_id = coalesce(:partner, partner_id)"
        " ORDER BY partner_id, code LIMIT :most",
        {"program": program_id, "partner": partner_id, "most": _MOST},
    )
    return [Source(**row._mapping) for row in rows]


def brought(source_ids: Sequence[int]) -> dict[int, Brought]:
    """What sources have brought, by source; one that has brought nothing is left out."""
    rows = raw().execute(
        "SELECT source_id, count(*), sum(lines)::bigint, sum(accepted)::bigint, sum(replayed)::bigint,"
        " sum(rejected)::bigint, sum(suspended)::bigint FROM registry"
        " WHERE source_id = ANY(%s) AND NOT dry_run GROUP BY source_id",
        (list(source_ids),),
    )
    return {source_id: Brought(*counts) for source_id, *counts in rows}


def pause_source(source_id: int, *, paused: bool) -> None:
    """Let a source rest, or go on; nothing is fetched or taken from one that rests. Raises NotFound."""
    state = "paused" if paused else "active"
    if not execute("UPDATE source SET state = :state WHERE id = :id", {"id": source_id, "state": state}):
        raise NotFound()
    audit.record(f"source.{state}", f"source:{source_id}")


def open_file(source: Source, stored: StoredFile, *, mapping: str | None = None, dry_run: bool = False) -> Registry:
    """A registry out of a file that came by a source, read by `mapping` or else the source's own.

    Raises Conflict `source_paused`, Invalid `unknown_mapping`.
    """
    if source.state != "active":
        raise Conflict("source_paused", "This source rests; nothing is taken from it.")
    name = mapping or source.mapping
    chosen = mapping_by_name(source.partner_id, name).id if name else None
    scope = (source.program_id, source.partner_id)
    return open_registry(*scope, stored, mapping_id=chosen, source_id=source.id, dry_run=dry_run)


def claim_source() -> Source | None:
    """The source that is to be fetched now, if any; it will be due again after its interval, whatever happens.

    Those of suspended partners wait.
    """
    row = fetch_one(
        "UPDATE source SET last_run_at = now(), next_run_at = now() + make_interval(secs => every_s)"
        " WHERE id = (SELECT id FROM source WHERE state = 'active' AND next_run_at <= now()"
        "   AND partner_id <> ALL(:suspended)"
        f" ORDER BY next_run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING {_COLUMNS}",
        {"suspended": list(access.suspended_partners())},
    )
    return Source(**row._mapping) if row else None


def note_run(source_id: int, error: str | None) -> None:
    """Keep why fetching a source failed, or that it did not."""
    execute("UPDATE source SET last_error = :error WHERE id = :id", {"id": source_id, "error": error and error[:500]})


def not_taken(source_id: int, objects: Sequence[BucketObject]) -> list[BucketObject]:
    """Those of the listed objects that were not taken yet."""
    keys = [one.key for one in objects]
    rows = raw().execute("SELECT key, etag FROM source_file WHERE source_id = %s AND key = ANY(%s)", (source_id, keys))
    taken = {(key, etag) for key, etag in rows}
    return [one for one in objects if (one.key, one.etag) not in taken]


def take_file(source: Source, one: BucketObject, stored: StoredFile) -> Registry | None:
    """A registry out of an object that was copied into our store; None if it was taken meanwhile."""
    named = {"source": source.id, "key": one.key, "etag": one.etag, "size": one.size}
    if _taken(named):
        return None
    opened = open_file(source, stored)
    execute(
        "INSERT INTO source_file (source_id, key, etag, size_bytes, registry_id)"
        " VALUES (:source, :key, :etag, :size, :registry)",
        {**named, "registry": opened.id},
    )
    return opened


def _taken(one: Mapping[str, Any]) -> AnyRow | None:
    """Whether somebody has taken the object; waits for who is about to."""
    execute("SELECT FROM source WHERE id = :source FOR UPDATE", one)
    return fetch_one("SELECT 1 FROM source_file WHERE source_id = :source AND key = :key AND etag = :etag", one)


def _check(partner_id: int, code: str, kind: str, mapping: str | None, bucket: str | None, every_s: int | None) -> None:
    problems = []
    if not _CODE.fullmatch(code):
        problems.append(FieldError("/code", "invalid", "A code has 1 to 40 of a-z, 0-9, dot, dash and underscore."))
    if kind not in SOURCE_KINDS:
        problems.append(FieldError("/kind", "invalid", f"One of: {', '.join(SOURCE_KINDS)}."))
    if (kind == "s3") != bool(bucket) or (bucket and not _BUCKET.fullmatch(bucket)):
        problems.append(FieldError("/bucket", "invalid", "An s3 source has a bucket, and no other has one."))
    if every_s is not None and (kind != "s3" or not 1 <= every_s <= 31_536_000):
        problems.append(FieldError("/every_s", "invalid", "An s3 source is fetched every second to every year."))
    if problems:
        raise Invalid("invalid", "The source cannot be used.", problems)
    if mapping:
        mapping_by_name(partner_id, mapping)
