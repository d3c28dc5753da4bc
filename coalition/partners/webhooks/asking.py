"""The change feed: a partner asks for what it may be told, and goes on from a cursor.

A feed is opened by its first reader; from then on every event that concerns the partner is written down, whether an
endpoint wants it or not, and numbered 1, 2, 3 in the partner's feed. The number is given under the feed's row lock, in
the transaction that writes the event: whoever has read up to a number has missed nothing that commits later. (The
events' own ids are drawn before the lock, so a lower one may be committed after a higher one.)

A change is kept for thirty days, and a feed that nobody has read for longer is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Gone, Invalid
from coalition.kernel.web.paging import decode_cursor, encode_cursor
from coalition.partners.directory import get as partner_of
from coalition.partners.webhooks.saying import content_of
from coalition.partners.webhooks.types import event_type

KEPT_DAYS = 30
_UNREAD_DAYS = 31  # a reader's visit is noted once an hour, so a day is more than it can be behind
_WINDOW = 5_000  # numbers that one request looks at, however few of them are of the types it asks for
_FEED = "SELECT id, last_number FROM change_feed WHERE partner_id = :partner"
_OPEN = "INSERT INTO change_feed (program_id, partner_id) VALUES (:program, :partner) ON CONFLICT DO NOTHING"
_VISIT = "UPDATE change_feed SET read_at = now() WHERE id = :feed AND read_at < now() - interval '1 hour'"
_READ = """
    SELECT c.number AS sequence, v.id AS event_id, v.type, v.about, v.occurred_at, v.test, v.data
      FROM change c JOIN webhook_event v ON v.id = c.event_id
     WHERE c.feed_id = :feed AND c.number > :after AND c.number <= :upto AND (:every OR v.type = ANY(:types))
     ORDER BY c.number LIMIT :limit"""
_OLDEST = "SELECT min(number) AS number FROM change WHERE feed_id = :feed"
_MARK = """
    SELECT CAST(extract(epoch FROM recorded_at) * 1000000 AS bigint) AS mark FROM change
     WHERE feed_id = :feed AND number = :number"""
_HOLD = "SELECT id FROM change_feed WHERE partner_id = ANY(:partners) ORDER BY id FOR NO KEY UPDATE"
_COUNT = """
    UPDATE change_feed f SET last_number = f.last_number + n.count
      FROM (SELECT partner_id, count(*) AS count FROM unnest(CAST(:partners AS int[])) u(partner_id) GROUP BY 1) n
     WHERE f.partner_id = n.partner_id AND f.id = ANY(:feeds)"""
_NUMBER = """
    INSERT INTO change (feed_id, partner_id, number, event_id)
    SELECT f.id, f.partner_id,
           f.last_number + 1 - row_number() OVER (PARTITION BY f.id ORDER BY u.place DESC), u.event_id
      FROM unnest(CAST(:partners AS int[]), CAST(:events AS bigint[])) WITH ORDINALITY u(partner_id, event_id, place)
      JOIN change_feed f ON f.partner_id = u.partner_id AND f.id = ANY(:feeds)
     ORDER BY u.place"""
_FORGET = """
    DELETE FROM change WHERE (feed_id, number) IN (
           SELECT feed_id, number FROM change WHERE recorded_at < now() - make_interval(days => :days)
            ORDER BY recorded_at, number LIMIT :limit)"""
_UNREAD = "f.read_at < now() - make_interval(days => :days)"
_LEAVE = f"""
    DELETE FROM change WHERE (feed_id, number) IN (
           SELECT c.feed_id, c.number FROM change_feed f JOIN change c ON c.feed_id = f.id WHERE {_UNREAD}
            ORDER BY c.feed_id, c.number LIMIT :limit)"""
_CLOSE = f"""
    DELETE FROM change_feed f WHERE {_UNREAD} AND NOT EXISTS (SELECT FROM change c WHERE c.feed_id = f.id)"""


@dataclass(frozen=True, slots=True)
class Changes:
    """Some of a feed, the oldest first: each as a delivery would say it, its place in the feed as `sequence`.

    `next_cursor` leads on from here for good; `has_more`: there is more already, so that one asks again at once.
    """

    items: Sequence[dict[str, Any]]
    next_cursor: str
    has_more: bool


def changes(partner_id: int, cursor: str | None, limit: int, types: Sequence[str] = ()) -> Changes:
    """What this partner may be told, behind a cursor; only of these types, where some are named.

    Without a cursor: from the oldest that is kept; the first time that opens the feed. Raises Invalid for an unknown
    type or a foreign cursor, Gone `cursor_expired` where something behind the cursor has been forgotten.
    """
    wanted, position = _types(types), decode_cursor(cursor, int, int, int)
    if position is None:
        execute(_OPEN, {"program": partner_of(partner_id).program_id, "partner": partner_id})
    feed = fetch_one(_FEED, {"partner": partner_id})
    if feed is None or (position and not _leads_on(feed, *map(int, position))):
        raise _expired()
    execute(_VISIT, {"feed": feed.id})
    after = int(position[1]) if position else _oldest(feed) - 1
    upto = min(after + _WINDOW, feed.last_number)
    asked = {"feed": feed.id, "after": after, "upto": upto, "every": not wanted, "types": wanted}
    rows = fetch_all(_READ, {**asked, "limit": limit + 1})
    if position and after < _oldest(feed) - 1:  # asked after the reading, so that nothing was forgotten before it
        raise _expired()
    reached = rows[limit - 1].sequence if len(rows) > limit else upto
    items = [content_of(row) for row in rows[:limit]]
    return Changes(items, _cursor(feed, reached), reached < feed.last_number)


def listeners() -> frozenset[int]:
    """The partners with an open feed: they are told of every type."""
    return frozenset(row.partner_id for row in fetch_all("SELECT partner_id FROM change_feed LIMIT 100000"))


def number(events: Sequence[Any]) -> None:
    """Give new events (id, partner_id), in their order, the next places in the feeds of their partners, if open.

    Locks the feeds until the transaction ends; one that is opened meanwhile begins behind these events.
    """
    partners = [event.partner_id for event in events]
    held = [feed.id for feed in fetch_all(_HOLD, {"partners": sorted(set(partners))})] if events else []
    if held:
        execute(_COUNT, {"partners": partners, "feeds": held})
        execute(_NUMBER, {"partners": partners, "feeds": held, "events": [event.id for event in events]})


def forget_changes(limit: int) -> int:
    """Forget changes older than thirty days, and those of feeds that nobody reads, the oldest first; close what is
    empty of these. How many rows went."""
    forgotten = execute(_FORGET, {"days": KEPT_DAYS, "limit": limit})
    left = execute(_LEAVE, {"days": _UNREAD_DAYS, "limit": limit})
    return forgotten + left + execute(_CLOSE, {"days": _UNREAD_DAYS})


def _cursor(feed: Any, reached: int) -> str:
    """A cursor behind a number: feed, number, and when that was given, by which it is known again."""
    return encode_cursor(feed.id, reached, _mark(feed, reached) or 0)


def _leads_on(feed: Any, feed_id: int, after: int, mark: int) -> bool:
    """Whether a cursor is one of this feed: after a restored backup a number is given to something else once more."""
    return feed_id == feed.id and 0 <= after <= feed.last_number and _mark(feed, after) in (None, mark)


def _mark(feed: Any, number: int) -> int | None:
    """When a number was given, in microseconds; None for one that is not kept."""
    row = fetch_one(_MARK, {"feed": feed.id, "number": number})
    return int(row.mark) if row is not None else None


def _oldest(feed: Any) -> int:
    """The number of the oldest change that is kept, or that is to come."""
    row = fetch_one(_OLDEST, {"feed": feed.id})
    return int(row.number) if row is not None and row.number is not None else int(feed.last_number) + 1


def _types(types: Sequence[str]) -> list[str]:
    unknown = [FieldError("/types", "unknown_event_type", f"There is no type {one!r}.") for one in types]
    errors = [problem for one, problem in zip(types, unknown, strict=True) if event_type(one) is None]
    if errors:
        raise Invalid("invalid", "These types cannot be chosen.", errors)
    return sorted(set(types))


def _expired() -> Gone:
    detail = "What follows this cursor is no longer kept. Begin anew without a cursor, and read afresh what you mirror."
    return Gone("cursor_expired", detail)
