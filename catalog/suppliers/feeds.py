"""The feeds of a supplier: where each lies, how it is read, how often it is fetched, and what it may not do unasked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from catalog.ports import FeedPlace, Validators
from catalog.suppliers import directory, mappings
from catalog.suppliers.formats import COUNTING, FORMATS
from coalition import programs
from coalition.kernel import audit, outbox, sealing
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

_DEFAULT_MAX_BYTES = 2_000_000_000
_DEFAULT_EVERY_S = 900
_SHORTEST_S = 60
_AT_ONCE = 100
_LOST_AFTER_S = 86_400
CATALOG, COUNTS = "catalog", "stock"
# Whether offers have come since the last good run of a feed of counts (`f`): the very same file may name them.
NEWS = f"""EXISTS (
    SELECT FROM feed_run g JOIN feed k ON k.supplier_id = f.supplier_id AND k.scope = '{CATALOG}'
      JOIN feed_run c ON c.feed_id = k.id AND c.rows_new > 0 AND NOT c.dry_run
     WHERE g.id = f.last_good_run_id AND f.scope = '{COUNTS}' AND (c.id > g.id OR c.finished_at > g.started_at))"""
_SCHEMES = ("http", "https", "s3", "sftp")


@dataclass(frozen=True, slots=True)
class Guards:
    """What a feed may not do without a person's consent; percentages of what was known before.

    Over `missing_percent` (and more than `missing_rows` rows) nothing is taken off sale; below `overlap_percent` of
    known ids, or over `quarantine_percent` of bad rows, the run is refused. A price that falls by more than
    `price_down_percent`, rises by more than `price_up_percent` or is below the floor waits in quarantine; over
    `jump_rows_percent` of such rows the whole run is held. Counts that fall by `stock_down_percent` or grow
    `stock_up_times` in all are held. After `disable_after` failures in a row the feed is no longer fetched; without a
    good run in two intervals and `grace_s` its offers cannot be ordered.
    """

    missing_percent: int = 20
    missing_rows: int = 50
    overlap_percent: int = 80
    quarantine_percent: int = 10
    price_down_percent: int = 50
    price_up_percent: int = 100
    price_floor_minor: int | None = None
    jump_rows_percent: int = 10
    stock_down_percent: int = 90
    stock_up_times: int = 10
    disable_after: int = 10
    grace_s: int = 86_400


_GUARDS = tuple(guard.name for guard in fields(Guards))


@dataclass(frozen=True, slots=True)
class Feed:
    """A file that a supplier publishes; prices in `currency`, dates without a zone are in `zone`.

    `scope`: `catalog`, whole offers; `stock`, only the pieces of offers that another feed brings.

    `state`: `active`, or `disabled` (not fetched until somebody enables it). `freshness`: `fresh`, `stale` (two
    intervals without a good run) or `expired` (and the grace is over: its offers cannot be ordered).
    """

    id: int
    supplier_id: int
    code: str
    url: str | None
    scope: str
    format: str
    mapping_id: int | None
    currency: str
    zone: str
    max_bytes: int
    every_s: int | None
    next_run_at: dt.datetime | None
    state: str
    freshness: str
    failures: int
    last_error: str | None
    last_good_run_id: int | None
    good_at: dt.datetime | None
    guards: Guards = field(default_factory=Guards)


_FEED = "SELECT " + ", ".join((*(one.name for one in fields(Feed) if one.name != "guards"), *_GUARDS)) + " FROM feed"


def create_feed(
    supplier_id: int,
    code: str,
    *,
    url: str | None = None,
    scope: str = CATALOG,
    format: str = "yml",
    mapping: str | None = None,
    every_s: int | None = None,
    username: str | None = None,
    secret: str | None = None,
    host_key: str | None = None,
    guards: Guards | None = None,
    max_bytes: int = _DEFAULT_MAX_BYTES,
) -> Feed:
    """A new feed of a supplier, in its program's currency and zone; without `url` it is sent to us, never fetched.

    `mapping` names a saved column mapping. Raises Invalid with every wrong field, NotFound for an unknown supplier,
    Conflict `code_in_use`.
    """
    supplier = directory.get(supplier_id)
    _check(url, format, scope, every_s, host_key)
    saved = mappings.mapping_by_name(supplier_id, mapping) if mapping else None
    _fits(saved, scope)
    program, chosen = programs.get(supplier.program_id), asdict(guards or Guards())
    values = {
        "supplier_id": supplier_id,
        "code": code,
        "url": url,
        "scope": scope,
        "format": format,
        "mapping_id": saved and saved.id,
        "every_s": (every_s or _DEFAULT_EVERY_S) if url else None,
        "username": username,
        "sealed_secret": sealing.seal(secret) if secret else None,
        "host_key": host_key,
        "currency": program.currency,
        "zone": program.zone,
        "max_bytes": max_bytes,
        **chosen,
    }
    row = fetch_one(
        f"INSERT INTO feed ({', '.join(values)}, next_run_at) VALUES ({', '.join(f':{name}' for name in values)},"
        " CASE WHEN CAST(:url AS text) IS NOT NULL THEN now() END) ON CONFLICT (supplier_id, code) DO NOTHING"
        " RETURNING id",
        values,
    )
    if row is None:
        raise Conflict("code_in_use", "The supplier has a feed of this code.")
    facts = {"code": code, "scope": scope, "format": format, "url": url}
    audit.record("feed.create", f"feed:{row.id}", supplier_id=supplier_id, **facts)
    return get_feed(row.id)


def get_feed(feed_id: int) -> Feed:
    """The feed. Raises NotFound."""
    return _one(f"{_FEED} WHERE id = :id", {"id": feed_id})


def feed(supplier_id: int, code: str) -> Feed:
    """The supplier's feed by its code. Raises NotFound."""
    return _one(f"{_FEED} WHERE supplier_id = :supplier AND code = :code", {"supplier": supplier_id, "code": code})


def feeds(supplier_ids: Sequence[int], limit: int = 500) -> Sequence[Feed]:
    """The feeds of suppliers, by supplier and code."""
    sql = f"{_FEED} WHERE supplier_id = ANY(:suppliers) ORDER BY supplier_id, code LIMIT :limit"
    return [_built(row) for row in fetch_all(sql, {"suppliers": list(supplier_ids), "limit": limit})]


def place(feed_id: int) -> tuple[FeedPlace, Validators] | None:
    """Where a feed lies, and what its place last said of it; None for one without an address. It holds its secret."""
    row = fetch_one(
        "SELECT url, username, sealed_secret, host_key, CASE WHEN NOT news THEN etag END AS etag,"
        f" CASE WHEN NOT news THEN modified END AS modified FROM (SELECT f.*, {NEWS} AS news FROM feed f) f"
        " WHERE id = :id AND url IS NOT NULL",
        {"id": feed_id},
    )
    if row is None:
        return None
    secret = sealing.unseal(row.sealed_secret) if row.sealed_secret else None
    return FeedPlace(row.url, row.username, secret, row.host_key), Validators(row.etag, row.modified)


def claim_due() -> Sequence[int]:
    """The feeds that are to be fetched now; each is due again after its interval, whatever happens.

    One that is still being worked on waits (for a day at most: a run may be lost with its worker), and so do those of
    suspended partners.
    """
    rows = fetch_all(
        "UPDATE feed SET next_run_at = now() + make_interval(secs => every_s) WHERE id = ANY (ARRAY("
        " SELECT f.id FROM feed f JOIN supplier s ON s.id = f.supplier_id AND s.state = 'active'"
        "   AND s.legal_entity_id <> ALL(:barred)"
        "  WHERE f.state = 'active' AND f.every_s IS NOT NULL AND f.next_run_at <= now() AND NOT EXISTS ("
        "   SELECT FROM feed_run r WHERE r.feed_id = f.id AND r.state IN ('waiting', 'running')"
        "      AND r.created_at > now() - make_interval(secs => :lost))"
        "  ORDER BY f.next_run_at, f.id LIMIT :most FOR UPDATE OF f SKIP LOCKED)) RETURNING id",
        {"lost": _LOST_AFTER_S, "most": _AT_ONCE, "barred": directory.barred_entities()},
    )
    return [row.id for row in rows]


def enable_feed(feed_id: int, *, enabled: bool) -> None:
    """Let a feed be fetched again, at once, or no longer; what that changes comes to the shelves. Raises NotFound."""
    state = "active" if enabled else "disabled"
    changed = execute(
        "UPDATE feed SET state = :state, failures = 0, next_run_at = CASE WHEN every_s IS NOT NULL THEN now() END,"
        " to_publish_since = coalesce(to_publish_since, now()) WHERE id = :id",
        {"id": feed_id, "state": state},
    )
    if not changed:
        raise NotFound()
    audit.record(f"feed.{'enable' if enabled else 'disable'}", f"feed:{feed_id}")


def use_mapping(feed_id: int, name: str) -> None:
    """Read a feed by the newest version of a saved mapping from its next run on, even if the file is the same."""
    feed = get_feed(feed_id)
    saved = mappings.mapping_by_name(feed.supplier_id, name)
    _fits(saved, feed.scope)
    execute(
        "UPDATE feed SET mapping_id = :mapping, mapped_at = now(), etag = NULL, modified = NULL WHERE id = :id",
        {"id": feed_id, "mapping": saved.id},
    )
    audit.record("feed.mapping", f"feed:{feed_id}", mapping_id=saved.id)


def age() -> Sequence[int]:
    """Note which scheduled feeds have become stale or expired; the suppliers of which something is no longer, or again,
    to be ordered. A good run makes a feed fresh."""
    rows = fetch_all(
        "UPDATE feed f SET freshness = aged.freshness FROM ("
        " SELECT id, CASE WHEN now() > late_at + make_interval(secs => grace_s) THEN 'expired'"
        "                 WHEN now() > late_at THEN 'stale' ELSE 'fresh' END AS freshness"
        "   FROM (SELECT id, grace_s, coalesce(good_at, created_at) + make_interval(secs => 2 * every_s) AS late_at"
        "           FROM feed WHERE every_s IS NOT NULL) AS late) AS aged"
        " WHERE f.id = aged.id AND f.freshness <> aged.freshness RETURNING f.id, f.supplier_id, f.freshness"
    )
    for row in rows:
        if row.freshness != "fresh":
            outbox.publish("feed.stale", {"feed": row.id, "freshness": row.freshness}, key=f"feed:{row.id}")
    return sorted({row.supplier_id for row in rows})


def to_publish(late_s: int) -> Sequence[int]:
    """The feeds of which a good run ended so long ago and never came to the shelves."""
    rows = fetch_all(
        "SELECT id FROM feed WHERE to_publish_since < now() - make_interval(secs => :late) ORDER BY id LIMIT :most",
        {"late": late_s, "most": _AT_ONCE},
    )
    return [row.id for row in rows]


def published(feed_id: int) -> int:
    """Note that a feed's offers come to the shelves in this transaction; its supplier."""
    row = fetch_one(
        "UPDATE feed SET to_publish_since = NULL WHERE id = :id RETURNING supplier_id",
        {"id": feed_id},
    )
    assert row is not None
    return int(row.supplier_id)


def _fits(saved: mappings.SavedMapping | None, scope: str) -> None:
    """Raises Invalid if a mapping lacks what a feed of this scope has to bring."""
    if saved is not None and (missing := saved.table.lacks(counts=scope == COUNTS)):
        problem = FieldError("/mapping", "invalid", f"The layout has no column for {missing[0]}.")
        raise Invalid("invalid", f"The layout has no column for {missing[0]}.", [problem])


def _check(url: str | None, form: str, scope: str, every_s: int | None, host_key: str | None) -> None:
    problems = []
    if form not in FORMATS:
        problems.append(FieldError("/format", "invalid", f"Choose one of {', '.join(FORMATS)}."))
    if scope not in (CATALOG, COUNTS):
        problems.append(FieldError("/scope", "invalid", f"Choose {CATALOG} or {COUNTS}."))
    elif scope == COUNTS and form in FORMATS and form not in COUNTING:
        words = f"Counts alone come as {', '.join(COUNTING)}."
        problems.append(FieldError("/format", "invalid", words))
    if url is not None:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.username:
            problems.append(
                FieldError("/url", "invalid", "Write an http, https, s3 or sftp address without a sign-in.")
            )
        if parts.scheme == "sftp" and not host_key:
            problems.append(FieldError("/host_key", "required", "Name the key that the server has to show."))
    if every_s is not None and (url is None or every_s < _SHORTEST_S):
        problems.append(FieldError("/every_s", "invalid", "A feed with an address is fetched every minute at most."))
    if problems:
        raise Invalid("invalid", "The feed cannot be set up so.", problems)


def _one(sql: str, params: Mapping[str, Any]) -> Feed:
    row = fetch_one(sql, params)
    if row is None:
        raise NotFound()
    return _built(row)


def _built(row: Any) -> Feed:
    facts = dict(row._mapping)
    guards = Guards(**{name: facts.pop(name) for name in _GUARDS})
    return Feed(**facts, guards=guards)
