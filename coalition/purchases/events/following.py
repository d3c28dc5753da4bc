"""Events that follow from others: an achievement was completed, a tier has changed. Promotions are asked anew.

No promotion fires twice for what began the chain, and a chain has at most three steps: so it always ends. Steps of one
chain take turns (its row is locked). An event that no promotion listens to is not even recorded.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coalition import members, programs, promotions
from coalition.kernel.db import raw
from coalition.promotions import granting
from coalition.purchases.counter import counter
from coalition.purchases.events.earning import earn
from coalition.purchases.events.event import Event, RecordedEvent, insert_events
from coalition.purchases.fields import request_hash
from coalition.purchases.recording.promoting import Chain
from coalition.purchases.recording.storing import Via

DEPTH_MAX = 3
_BEGIN = "INSERT INTO event_chain (root) VALUES (%s) ON CONFLICT DO NOTHING"
_HOLD = "SELECT root FROM event_chain WHERE root = %s FOR UPDATE"
_FIRED = "SELECT promotion FROM event_chain_firing WHERE root = %s"
_FIRE = """
    INSERT INTO event_chain_firing (root, promotion) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Following:
    """An event that follows from another: `of` names that one (its kind, its number, the place of what it gave).

    `root` is what began the chain, `depth` how many steps ago: from 1 up to 3.
    """

    partner_id: int
    member_id: int
    type: str
    occurred_at: dt.datetime
    root: str
    depth: int
    of: tuple[str, int, int]
    attributes: Mapping[str, Any] = field(default_factory=dict)


def record_following(one: Following) -> RecordedEvent | None:
    """Record the event and book what it brings; None where nobody listens, nobody earns, or the chain is too long.

    The same again changes nothing. Locks the chain, then what an event locks.
    """
    at = counter(one.partner_id)
    if one.depth > DEPTH_MAX or not listened(at.program.id, one.partner_id, one.type, one.occurred_at):
        return None
    raw().execute(_BEGIN, (one.root,))
    raw().execute(_HOLD, (one.root,)).fetchone()
    member_id = members.survivor(one.member_id)
    standing = members.standing([member_id]).get(member_id)
    if standing is None or programs.admit(at.program, "earn", [member_id]):
        return None
    event = _event(one)
    who = members.Recognised(member_id, standing.tier, {})
    (result,), made = insert_events(one.partner_id, [event], Via(), [who])
    if not isinstance(result, RecordedEvent) or not made:
        return result if isinstance(result, RecordedEvent) else None
    chain = Chain(one.root, one.depth, _fired(one))
    earned, found = earn(one.partner_id, made, chain)
    fired = {effect["promotion"] for asked in (found.asked if found else ()) for effect in asked.found.result.effects}
    raw().execute(_FIRE, (one.root, sorted(fired | chain.fired)))
    return RecordedEvent(result.id, result.external_id, member_id, earned.get(result.id, {}))


def listened(program_id: int, partner_id: int, sort: str, at: dt.datetime) -> bool:
    """Whether a promotion in force at that time, or a base rule of the partner, asks for events of a type."""
    ruleset = promotions.ruleset(program_id, at)
    if any(sort in promotion.events for promotion in (ruleset.promotions if ruleset else ())):
        return True
    return any(rule.event_type == sort for rule in promotions.in_force(partner_id))


def _fired(one: Following) -> frozenset[str]:
    """The promotions that have fired in this chain: those of its steps so far, and those of what it follows from."""
    kind, number, _ = one.of
    before = granting.keeping.read(kind, [number]) if kind in (granting.PURCHASE, granting.EVENT) else {}
    gave = {effect["promotion"] for found in before.values() for effect in found.effects}
    return frozenset(gave | {promotion for (promotion,) in raw().execute(_FIRED, (one.root,))})


def _event(one: Following) -> Event:
    """The event under a key that is the same whenever it is told."""
    kind, number, place = one.of
    key = hashlib.sha256(f"{one.root}|{one.type}|{kind}:{number}:{place}".encode()).hexdigest()[:32]
    content = (one.type, key, one.occurred_at.isoformat(), one.member_id, sorted(one.attributes.items()))
    return Event(f"~{key}", one.type, one.occurred_at, ("", ""), one.attributes, request_hash(content))
