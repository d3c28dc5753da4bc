"""Events: anything a member does that is not a purchase (a review, a visit, a survey, a course), stored for good.

An event is recorded once under (partner, external id), in a namespace of its own, and earns by the partner's rules for
its type: fixed points, booked in the same transaction, with their reason. Many at a time; one is a batch of one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition import members, partners, programs
from coalition.kernel import audit, clock, outbox
from coalition.kernel.db import RacingKey, raw
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.purchases.counter import Counter, counter
from coalition.purchases.events.befriending import misled
from coalition.purchases.fields import request_hash
from coalition.purchases.reading.receipt import Reader
from coalition.purchases.receipts import Refused
from coalition.purchases.recording.storing import Via
from coalition.purchases.recording.timeliness import untimely

EVENT_TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,39}", re.ASCII)
REFERRAL = "referral"
ENROLLED, BIRTHDAY, ANNIVERSARY = "member.enrolled", "calendar.birthday", "calendar.anniversary"
# What follows from other events, or from the calendar, is told by nobody else.
_OURS = ("achievement.completed", "tier.changed", ENROLLED, BIRTHDAY, ANNIVERSARY)
_RESERVED = frozenset(("purchase", "return", "void", "event", "card", *_OURS))
_FIELDS = frozenset(("type", "external_id", "occurred_at", "member", "attributes"))
_ATTRIBUTES_MAX, _TEXT_MAX = 50, 1_000
_NOBODY = "Nobody in this program has this identifier. An event waits for no member: send it again when there is one."
_INSERT = """
    INSERT INTO event (occurred_at, member_id, program_id, partner_id, source_id, registry_id, actor, request_id,
                       external_id, request_hash, type, attributes)
    SELECT x.occurred_at, x.member_id, %s, %s, %s, %s, %s, %s, x.external_id, x.request_hash, x.type, x.attributes
      FROM unnest(%s::timestamptz[], %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::jsonb[])
           x(occurred_at, member_id, external_id, request_hash, type, attributes)
        ON CONFLICT DO NOTHING RETURNING external_id, id"""
_STANDING = "SELECT external_id, id, request_hash, member_id FROM event WHERE partner_id = %s AND external_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Event:
    """An event before it is recorded; `attributes` are the partner's own words about it."""

    external_id: str
    type: str
    occurred_at: dt.datetime
    member: tuple[str, str]
    attributes: Mapping[str, Any]
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A recorded event; `earned` are the points that it brought now, in units by the id of their currency."""

    id: int
    external_id: str
    member_id: int
    earned: Mapping[int, int] = field(default_factory=dict)
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A new event with its number and the member who earns."""

    id: int
    event: Event
    member: members.Recognised


def read_event(body: Mapping[str, Any]) -> Event:
    """The event in `body`. Raises Invalid, which names every wrong field by its JSON pointer."""
    return _Reader(body).event()


def identified(at: Counter, batch: Sequence[Event]) -> list[members.Recognised | Refusal]:
    """The member of each event, or why the event cannot be recorded."""
    known = members.recognise(at.program.id, at.partner.id, (event.member for event in batch))
    shut = programs.admit(at.program, "earn", {one.member_id for one in known.values()})
    lacking = partners.not_in_role(at.partner, "issuer")
    now, found = clock.now(), list[members.Recognised | Refusal]()
    for event in batch:
        member = known.get(event.member)
        if member is None:
            problem = FieldError("/member", "unknown_member", _NOBODY)
            found.append(Invalid("unknown_member", _NOBODY, [problem]))
        else:
            refusal = untimely(at.program, event.occurred_at, now) or shut.get(member.member_id) or lacking
            if event.type == REFERRAL:
                refusal = refusal or misled(at.program.id, at.partner.id, member.member_id, event.attributes)
            found.append(refusal or member)
    return found


def insert_events(
    partner_id: int, batch: Sequence[Event], via: Via, who: Sequence[members.Recognised | Refusal] | None = None
) -> tuple[list[RecordedEvent | Refused], list[Made]]:
    """Write the events that are new; the results in the batch's order, and what is to earn.

    `who`: the member of each where that is known already.

    Raises RacingKey when somebody records the same event at the same moment.
    """
    at = counter(partner_id)
    known = _standing(partner_id, batch)
    found = who if who is not None else identified(at, batch)
    fresh: dict[str, tuple[Event, members.Recognised]] = {}
    for event, member in zip(batch, found, strict=True):
        if event.external_id not in known and not isinstance(member, Refusal):
            fresh.setdefault(event.external_id, (event, member))
    numbers = _insert(at, list(fresh.values()), via)
    made = [Made(numbers[external_id], *one) for external_id, one in fresh.items()]
    first = {id(one.event) for one in made}
    known |= {one.event.external_id: (one.id, one.event.request_hash, one.member.member_id) for one in made}
    return [_told(event, one, known, first) for event, one in zip(batch, found, strict=True)], made


def announce(at: Counter, made: Sequence[Made]) -> None:
    """Tell, in one event a batch, which events are new."""
    if made:
        payload = {"program_id": at.program.id, "partner_id": at.partner.id, "event_ids": [one.id for one in made]}
        outbox.publish("events.recorded", payload, key=f"partner:{at.partner.id}")


_Known = tuple[int, bytes, int]


def _standing(partner_id: int, batch: Sequence[Event]) -> dict[str, _Known]:
    rows = raw().execute(_STANDING, (partner_id, [event.external_id for event in batch]))
    return {external_id: (number, bytes(digest), member_id) for external_id, number, digest, member_id in rows}


def _insert(at: Counter, fresh: Sequence[tuple[Event, members.Recognised]], via: Via) -> dict[str, int]:
    if not fresh:
        return {}
    origin = audit.origin()
    head = (at.program.id, at.partner.id, via.source_id, via.registry_id, origin.actor, origin.request_id)
    rows = [
        (
            event.occurred_at,
            member.member_id,
            event.external_id,
            event.request_hash,
            event.type,
            json.dumps(dict(event.attributes), ensure_ascii=False),
        )
        for event, member in fresh
    ]
    numbers = dict(raw().execute(_INSERT, (*head, *map(list, zip(*rows, strict=True)))).fetchall())
    if len(numbers) < len(fresh):
        raise RacingKey
    return numbers


def _told(
    event: Event, member: members.Recognised | Refusal, known: Mapping[str, _Known], first: set[int]
) -> RecordedEvent | Refused:
    standing = known.get(event.external_id)
    if standing is None:
        return Refused(event.external_id, member) if isinstance(member, Refusal) else _racing()
    number, digest, member_id = standing
    if digest != event.request_hash:
        detail = "This external id was used before with another content."
        return Refused(event.external_id, Conflict("external_id_conflict", detail))
    return RecordedEvent(number, event.external_id, member_id, replayed=id(event) not in first)


def _racing() -> RecordedEvent:
    raise RacingKey


class _Reader(Reader):
    """An event being read."""

    __slots__ = ()

    def event(self) -> Event:
        body = self.body
        if body.get("type") == "event":
            body = {
                **{name: value for name, value in body.items() if name != "event_type"},
                "type": body.get("event_type"),
            }
        self.known(body, _FIELDS, "")
        external_id, occurred_at = self.text(body, "external_id", 100), self.instant(body, "occurred_at")
        sort = self.text(body, "type", 40)
        if sort and (not EVENT_TYPE.fullmatch(sort) or sort in _RESERVED or sort.startswith("bank.")):
            self.wrong("/type", "invalid", "A type has 1 to 40 of a-z, 0-9, dot, dash, underscore, such as review.")
        member = self.member(body.get("member"))
        if member is None:
            self.wrong("/member", "required", "An event names its member.")
        attributes = self.attributes(body.get("attributes"))
        self.done()
        content = (sort, external_id, occurred_at.isoformat(), member, sorted(attributes.items()))
        return Event(external_id, sort, occurred_at, member or ("", ""), attributes, request_hash(content))

    def attributes(self, given: Any) -> Mapping[str, Any]:
        if given is None:
            return {}
        if not isinstance(given, dict) or len(given) > _ATTRIBUTES_MAX:
            self.wrong("/attributes", "invalid", f"Attributes are an object of at most {_ATTRIBUTES_MAX} members.")
            return {}
        for name, value in given.items():
            plain = value is None or type(value) in (bool, int) or (type(value) is str and len(value) <= _TEXT_MAX)
            if not plain or not 1 <= len(name) <= 100:
                self.wrong(f"/attributes/{name[:80]}", "invalid", "Send a text, an integer, true, false or null.")
        return given
