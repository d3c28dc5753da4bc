"""What each kind of effect changes of what a member holds. Pure.

progress.add    progress += delta (back to what the engine says when it is complete), completed += how often; progress
                that begins anew with a period is kept under its name, until the period is over
badge.grant     badge += times        crown.add   crown += crowns        draw.enter  ticket += tickets
status.set      status = its text     segment.add, segment.remove        segment = 1 or 0
attribute.set   attribute = a number or a text                           attribute.inc  attribute += its value
gift, chance, receipt.text, fraud.flag and all others: told and kept, nothing is held
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.promotions.engine.facts import instant
from coalition.promotions.engine.periods import kept_as

PROGRESS, COMPLETED = "progress", "completed"
NAME_MAX = 200
COUNT_MAX = 10**12
CROWNS = "crowns"  # the one kind of crowns that an effect without a name adds


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one holding. `by` counts; `to` is its new value instead, with a `text` where that is no number.

    `holding` None: nothing is held, the effect is only kept.
    """

    holding: str | None
    name: str
    by: int = 0
    to: int | None = None
    text: str | None = None
    until: dt.datetime | None = None


def changes(kind: str, what: Mapping[str, Any], occurred_at: dt.datetime) -> Iterator[Change]:
    """What an effect, as the engine tells it, changes; always at least one change."""
    yield from _READERS.get(kind, _kept)(what, occurred_at)


def named(what: Mapping[str, Any]) -> str:
    """What an effect that holds nothing is about: its gift, reason, coupon, text."""
    found = next((what[key] for key in ("sku", "reason", "template", "text", "draw", "tier") if what.get(key)), "")
    return str(found)[:NAME_MAX]


def _progress(what: Mapping[str, Any], _: dt.datetime) -> Iterator[Change]:
    name = _text(what, "achievement")
    until = instant(what["until"]) if what.get("period") else None
    yield Change(PROGRESS, kept_as({**what, "achievement": name}), to=_count(what.get("value"), 0), until=until)
    if completed := _count(what.get("completed"), 0):
        yield Change(COMPLETED, name, completed)


def _badge(what: Mapping[str, Any], _: dt.datetime) -> Iterator[Change]:
    yield Change("badge", _text(what, "badge"), _count(what.get("times"), 1))


def _crown(what: Mapping[str, Any], _: dt.datetime) -> Iterator[Change]:
    each = _count(what.get("crowns"), 1)
    yield Change("crown", _text(what, "crown") or CROWNS, each * _count(what.get("times"), 1))


def _tickets(what: Mapping[str, Any], _: dt.datetime) -> Iterator[Change]:
    each = _count(what.get("tickets"), 1)
    yield Change("ticket", _text(what, "draw"), each * _count(what.get("times"), 1))


def _status(what: Mapping[str, Any], at: dt.datetime) -> Iterator[Change]:
    scale = _text(what, "scale") or "status"
    yield Change("status", scale, to=1, text=_text(what, "status"), until=_until(what, at))


def _segment(what: Mapping[str, Any], at: dt.datetime) -> Iterator[Change]:
    into = what.get("kind") != "segment.remove"
    yield Change("segment", _text(what, "segment"), to=int(into), until=_until(what, at) if into else None)


def _attribute(what: Mapping[str, Any], _: dt.datetime) -> Iterator[Change]:
    value = what.get("value")
    if type(value) is int and abs(value) <= COUNT_MAX:
        yield Change("attribute", _text(what, "attribute"), to=value)
    else:
        yield Change("attribute", _text(what, "attribute"), to=0, text=_said(value))


def _raise(what: Mapping[str, Any], _: dt.datetime) -> Iterator[Change]:
    by = what.get("value", 1)
    times = _count(what.get("times"), 1)
    yield Change("attribute", _text(what, "attribute"), times * by if type(by) is int and abs(by) <= COUNT_MAX else 0)


def _kept(what: Mapping[str, Any], _: dt.datetime) -> Iterator[Change]:
    yield Change(None, named(what))


_Reader = Callable[[Mapping[str, Any], dt.datetime], Iterator[Change]]
_READERS: dict[str, _Reader] = {
    "progress.add": _progress,
    "badge.grant": _badge,
    "crown.add": _crown,
    "draw.enter": _tickets,
    "status.set": _status,
    "segment.add": _segment,
    "segment.remove": _segment,
    "attribute.set": _attribute,
    "attribute.inc": _raise,
}


def _text(what: Mapping[str, Any], name: str) -> str:
    value = what.get(name)
    return "" if value is None else str(value)[:NAME_MAX]


def _said(value: Any) -> str:
    """A value that is no number: true and false as conditions write them."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)[:NAME_MAX]


def _count(value: Any, default: int) -> int:
    return min(value, COUNT_MAX) if type(value) is int and value >= 0 else default


def _until(what: Mapping[str, Any], at: dt.datetime) -> dt.datetime | None:
    days = what.get("days")
    return at + dt.timedelta(days=days) if type(days) is int and 0 < days <= 36_500 else None
