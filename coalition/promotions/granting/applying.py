"""What promotions give beside points and money: handed to whoever keeps it, in the same transaction.

`handlers` says by kind who does (`coupon.issue`, `progress.add`, ...); a message or a call to a partner's system leaves
by the outbox. A kind that nobody handles is kept in the evaluation alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel import outbox

MONEY = frozenset({"points.credit", "cashback", "discount"})
OUTWARDS = frozenset({"message.send", "webhook.call"})


@dataclass(frozen=True, slots=True)
class Given:
    """An effect that a promotion had for a member: `what` as the engine tells it, in its order (`place`) of the event.

    `source` is purchase or event, `source_id` its number, `event_id` what draws are rolled by. `root` is the event
    that began a chain of events, `depth` how many there were before this one; `day` its day of business.
    """

    program_id: int
    partner_id: int
    member_id: int
    source: str
    source_id: int
    event_id: str
    occurred_at: dt.datetime
    promotion: str
    version: int
    place: int
    kind: str
    what: Mapping[str, Any]
    root: str = ""
    depth: int = 0
    day: dt.date | None = None


Handler = Callable[[list[Given]], None]
handlers: dict[str, Handler] = {}


def handles(*kinds: str) -> Callable[[Handler], Handler]:
    """Let a function keep the effects of these kinds: it gets all of a batch at once, and runs in its transaction."""

    def register(function: Handler) -> Handler:
        for kind in kinds:
            handlers[kind] = function
        return function

    return register


def apply(given: Sequence[Given]) -> None:
    """Hand each effect to its handler, in the order of the batch; a handler gets all of its kinds in one call."""
    by_handler: dict[Handler, list[Given]] = {}
    for one in given:
        if one.kind in OUTWARDS:
            payload = {"program_id": one.program_id, "partner_id": one.partner_id, "member_id": one.member_id}
            cause = {"promotion": one.promotion, "version": one.version, "event_id": one.event_id}
            outbox.publish(one.kind, {**payload, **cause, "effect": dict(one.what)}, key=f"member:{one.member_id}")
        elif (handler := handlers.get(one.kind)) is not None:
            by_handler.setdefault(handler, []).append(one)
    for handler, theirs in by_handler.items():
        handler(theirs)
