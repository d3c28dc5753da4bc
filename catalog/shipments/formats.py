"""What aggregators of carriers send: EasyPost, AfterShip, Shippo, Karrio and schema.org, read into scans.

Pure. Nothing in a body is trusted to be there or to be of its type: what cannot be read is left out or empty, a word
that nobody knows becomes `unknown`, and only a body that names no parcel at all says nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from catalog.shipments.tracking import Scan
from catalog.shipments.vocabularies import OURS

_MOST = 500
_DEEPEST = 64
_UNSTORABLE = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
# The names under which a code that opens a locker travels, in any of the formats.
SECRETS = frozenset({"pickup_code", "accessCode"})

Told = dict[str, list[Scan]]
Facts = Mapping[str, Any]


def read(body: bytes) -> dict[str, Any]:
    """The JSON object in an aggregator's body, fit to be stored. ValueError if it is none."""
    try:
        found = json.loads(body.decode("utf-8"), parse_float=str, parse_constant=str)
        found = _storable(found, _DEEPEST)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def with_secrets(body: Any, seal: Callable[[str], str]) -> Any:
    """The body with every secret replaced by what `seal` makes of it."""
    if isinstance(body, list):
        return [with_secrets(part, seal) for part in body]
    if isinstance(body, dict):
        return {
            name: seal(str(value)) if name in SECRETS and value else with_secrets(value, seal)
            for name, value in body.items()
        }
    return body


def told(vocabulary: str, body: Facts) -> Told:
    """The scans in a body of this vocabulary, by tracking number."""
    found: Told = {}
    for number, scan in _READERS[vocabulary](body):
        if number and sum(map(len, found.values())) < _MOST:
            found.setdefault(number, []).append(scan)
    return found


def _ours(body: Facts) -> Iterator[tuple[str, Scan]]:
    for event in _parts(body.get("events")):
        at = _instant(event.get("occurred_at"))
        if at is None:
            continue
        yield (
            _text(event.get("tracking_no")),
            Scan(
                _text(event.get("status")),
                at,
                _text(event.get("text"), 300),
                _text(event.get("place"), 120),
                _text(event.get("substatus")),
                _text(event.get("incident")),
                event.get("action_required") is True,
                pickup_code=_secret(event.get("pickup_code")),
                pickup_until=_instant(event.get("pickup_until")),
            ),
        )


def _easypost(body: Facts) -> Iterator[tuple[str, Scan]]:
    tracker = _part(body.get("result")) or body
    number = _text(tracker.get("tracking_code"))
    for detail in _parts(tracker.get("tracking_details")) or [tracker]:
        at = _instant(detail.get("datetime")) or _instant(detail.get("updated_at"))
        if at is not None:
            words = _text(detail.get("status")), _text(detail.get("status_detail"))
            place = _place(detail.get("tracking_location"), "city", "state", "country")
            yield number, _scan("easypost", words, at, detail.get("message"), place)


def _aftership(body: Facts) -> Iterator[tuple[str, Scan]]:
    tracking = _part(body.get("msg")) or body
    number = _text(tracking.get("tracking_number"))
    for checkpoint in _parts(tracking.get("checkpoints")) or [tracking]:
        at = _instant(checkpoint.get("checkpoint_time")) or _instant(checkpoint.get("updated_at"))
        if at is not None:
            words = _text(checkpoint.get("tag")), _text(checkpoint.get("subtag"))
            place = _text(checkpoint.get("location"), 120) or _place(checkpoint, "city", "state", "country_name")
            yield number, _scan("aftership", words, at, checkpoint.get("message"), place)


def _shippo(body: Facts) -> Iterator[tuple[str, Scan]]:
    track = _part(body.get("data")) or body
    number = _text(track.get("tracking_number"))
    latest = _part(track.get("tracking_status"))
    for status in [*_parts(track.get("tracking_history")), *([latest] if latest else [])]:
        at = _instant(status.get("status_date"))
        if at is not None:
            sub = _part(status.get("substatus"))
            words = _text(status.get("status")), _text(sub.get("code"))
            place = _place(status.get("location"), "city", "state", "country")
            acts = sub.get("action_required") is True
            yield number, _scan("shippo", words, at, status.get("status_details"), place, action_required=acts)


def _karrio(body: Facts) -> Iterator[tuple[str, Scan]]:
    tracker = _part(body.get("data")) or body
    number, events = _text(tracker.get("tracking_number")), _parts(tracker.get("events"))
    newest = max(filter(None, map(_karrio_instant, events)), default=None)
    for event in events:
        at = _karrio_instant(event)
        if at is not None:
            status = event.get("status") or (tracker.get("status") if at == newest else event.get("code"))
            reason = _text(event.get("reason"))
            place = _text(event.get("location"), 120)
            words = _text(status), reason
            yield number, _scan("karrio", words, at, event.get("description"), place, incident=reason)


def _karrio_instant(event: Facts) -> dt.datetime | None:
    clock = _text(event.get("time")) or "00:00"
    return _instant(event.get("timestamp")) or _instant(f"{_text(event.get('date'))}T{clock}")


def _schema_org(body: Facts) -> Iterator[tuple[str, Scan]]:
    for delivery in [body, *_parts(body.get("@graph"))]:
        event, order = _part(delivery.get("deliveryStatus")), _part(delivery.get("partOfOrder"))
        status = order.get("orderStatus") or delivery.get("orderStatus")
        at = next(
            filter(None, (_instant(part.get(name)) for part in (event, delivery, order) for name in _SCHEMA_ORG_TIMES)),
            None,
        )
        if status is not None and at is not None:
            place = _place(_part(event.get("location")).get("address"), "addressLocality", "addressCountry")
            code, until = _secret(event.get("accessCode")), _instant(event.get("availableThrough"))
            scan = Scan(
                *(_text(status), at, _text(event.get("name"), 300), place),
                vocabulary="schema_org",
                pickup_code=code,
                pickup_until=until,
            )
            yield _text(delivery.get("trackingNumber")), scan


_SCHEMA_ORG_TIMES = ("startDate", "dateModified", "availableFrom")
_READERS: Mapping[str, Callable[[Facts], Iterator[tuple[str, Scan]]]] = {
    OURS: _ours,
    "easypost": _easypost,
    "aftership": _aftership,
    "shippo": _shippo,
    "karrio": _karrio,
    "schema_org": _schema_org,
}


def _scan(vocabulary: str, words: tuple[str, str], at: dt.datetime, text: Any, place: str, **more: Any) -> Scan:
    return Scan(words[0], at, _text(text, 300), place, words[1], vocabulary=vocabulary, **more)


def _instant(value: Any) -> dt.datetime | None:
    """An instant between 2000 and 2100; a time without an offset is in UTC, as aggregators say."""
    try:
        at = dt.datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        if at is None:
            return None
        at = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return at if 2000 <= at.year < 2100 else None


def _text(value: Any, most: int = 60) -> str:
    return value.strip()[:most] if isinstance(value, str) else ""


def _secret(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _place(value: Any, *names: str) -> str:
    return ", ".join(filter(None, (_text(_part(value).get(name)) for name in names)))[:120]


def _part(value: Any) -> Facts:
    return value if isinstance(value, dict) else {}


def _parts(value: Any) -> Sequence[Facts]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _storable(value: Any, levels: int) -> Any:
    """The value without the characters that PostgreSQL cannot store."""
    if levels == 0:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        return value.translate(_UNSTORABLE)
    if isinstance(value, list):
        return [_storable(part, levels - 1) for part in value]
    if isinstance(value, dict):
        return {name.translate(_UNSTORABLE): _storable(part, levels - 1) for name, part in value.items()}
    return value
