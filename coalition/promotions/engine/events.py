"""Reading an event for the engine: the few facts that it cannot do without, checked before anything is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.engine.facts import occurred_at


def event(given: Any) -> Mapping[str, Any]:
    """The event. Raises Invalid, which names everything that is wrong by its JSON pointer."""
    if not isinstance(given, Mapping):
        raise Invalid("invalid", "An event is an object.", [FieldError("", "not_an_object", "An event is an object.")])
    problems = []
    if not isinstance(given.get("type"), str):
        problems.append(FieldError("/type", "required", "What has happened?"))
    try:
        occurred_at(given)
    except (KeyError, TypeError, ValueError):
        problems.append(FieldError("/occurred_at", "invalid", "An instant, like 2026-11-20T09:30:00Z."))
    problems += _lines(given.get("payload") or {})
    if problems:
        raise Invalid("invalid", "This event cannot be evaluated.", problems)
    return given


def _lines(payload: Any) -> list[FieldError]:
    if not isinstance(payload, Mapping) or not isinstance(payload.get("lines") or [], list):
        return [FieldError("/payload/lines", "invalid", "A list of lines.")]
    found, seen = [], set()
    for at, line in enumerate(payload.get("lines") or ()):
        line = line if isinstance(line, Mapping) else {}
        for name, least in (("no", 1), ("amount", 0)):
            if type(line.get(name)) is not int or line[name] < least:
                found.append(FieldError(f"/payload/lines/{at}/{name}", "invalid", f"A whole number from {least}."))
        if type(line.get("qty_m", 0)) is not int:
            found.append(FieldError(f"/payload/lines/{at}/qty_m", "invalid", "A whole number of thousandths."))
        if line.get("no") in seen:
            found.append(FieldError(f"/payload/lines/{at}/no", "duplicate_no", "Every line has a number of its own."))
        seen.add(line.get("no"))
    return found
