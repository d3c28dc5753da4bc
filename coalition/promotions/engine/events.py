"""Reading an event for the engine: the few facts that it cannot do without, checked before anything is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.engine.facts import known_zone, occurred_at

_PARTIES = ("member", "store", "partner")


def event(given: Any) -> Mapping[str, Any]:
    """The event; a member, a store or a partner that is told by its id alone is an object with it.

    Raises Invalid, which names everything that is wrong by its JSON pointer.
    """
    if not isinstance(given, Mapping):
        raise Invalid("invalid", "An event is an object.", [FieldError("", "not_an_object", "An event is an object.")])
    problems = []
    found = {**given, **{name: {"id": given[name]} for name in _PARTIES if isinstance(given.get(name), str)}}
    if not isinstance(found.get("type"), str):
        problems.append(FieldError("/type", "required", "What has happened?"))
    try:
        occurred_at(found)
    except (KeyError, TypeError, ValueError):
        problems.append(FieldError("/occurred_at", "invalid", "An instant, like 2026-11-20T09:30:00Z."))
    for name in _PARTIES:
        if not isinstance(found.get(name) or {}, Mapping):
            problems.append(FieldError(f"/{name}", "invalid", "An id, or an object with it."))
    problems += _zones(found) + _lines(found.get("payload") or {})
    if problems:
        raise Invalid("invalid", "This event cannot be evaluated.", problems)
    return found


def _zones(found: Mapping[str, Any]) -> list[FieldError]:
    store = found.get("store")
    told = {"/tz": found.get("tz"), "/store/tz": store.get("tz") if isinstance(store, Mapping) else None}
    return [
        FieldError(pointer, "unknown_zone", "A time zone, like Europe/Moscow.")
        for pointer, name in told.items()
        if name is not None and not known_zone(name)
    ]


def _lines(payload: Any) -> list[FieldError]:
    if not isinstance(payload, Mapping) or not isinstance(payload.get("lines") or [], list):
        return [FieldError("/payload/lines", "invalid", "A list of lines.")]
    found, seen = _amounts(payload), list[Any]()
    for at, line in enumerate(payload.get("lines") or ()):
        line = line if isinstance(line, Mapping) else {}
        for name, least in (("no", 1), ("amount", 0)):
            if type(line.get(name)) is not int or line[name] < least:
                found.append(FieldError(f"/payload/lines/{at}/{name}", "invalid", f"A whole number from {least}."))
        if type(line.get("qty_m", 0)) is not int:
            found.append(FieldError(f"/payload/lines/{at}/qty_m", "invalid", "A whole number of thousandths."))
        if line.get("no") in seen:
            found.append(FieldError(f"/payload/lines/{at}/no", "duplicate_no", "Every line has a number of its own."))
        seen.append(line.get("no"))
    return found


def _amounts(payload: Mapping[str, Any]) -> list[FieldError]:
    return [
        FieldError(f"/payload/{name}", "invalid", "A whole number of minor money.")
        for name in ("amount", "points_paid")
        if payload.get(name) is not None and (type(payload[name]) is not int or payload[name] < 0)
    ]
