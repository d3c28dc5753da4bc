"""Who did what, from where: an append-only trail, and the origin that a request or a job carries with it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import at_end, fetch_all


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a command comes from: `actor` is an opaque reference such as `client:3`, `user:12` or `job:88`."""

    actor: str = "system"
    ip: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """One row of the trail."""

    id: int
    at: dt.datetime
    actor: str
    action: str
    details: Mapping[str, Any]


_INSERT = "INSERT INTO audit (actor, ip, request_id, action, subject, details)"
_ROW = "(%(actor)s, %(ip)s::inet, %(request)s, %(action)s, %(subject)s, %(details)s::jsonb)"
_SYSTEM = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_SYSTEM)


def origin() -> Origin:
    """The origin of what is running now."""
    return _origin.get()


def set_origin(value: Origin) -> None:
    """Name the origin of what runs from here on (a door calls this at its threshold)."""
    _origin.set(value)


def record(action: str, subject: str, **details: Any) -> None:
    """Append one row to the audit trail in the running transaction. `details` must be JSON-able and hold no secret."""
    at = origin()
    told = {"action": action, "subject": subject, "details": json.dumps(details, default=str)}
    at_end(_INSERT, {"actor": at.actor, "ip": at.ip, "request": at.request_id, **told}, row=_ROW)


def trail(
    subject: str, before: int | None, limit: int, *, only: Collection[str] = (), but: Collection[str] = ()
) -> list[Trace]:
    """What was done to a subject, newest first, behind the row `before`; `only` these actions, or all `but` those."""
    rows = fetch_all(
        "SELECT id, at, actor, action, details FROM audit"
        " WHERE subject = :subject AND (CAST(:before AS bigint) IS NULL OR id < :before)"
        "   AND (:all OR action = ANY(:only)) AND action <> ALL(:but) ORDER BY id DESC LIMIT :limit",
        {
            "subject": subject,
            "before": before,
            "all": not only,
            "only": list(only),
            "but": list(but),
            "limit": limit,
        },
    )
    return [Trace(**row._mapping) for row in rows]


def latest(subjects: Collection[str], action: str) -> dict[str, dt.datetime]:
    """When this was last done to each of the subjects, in one statement; who was never treated so is left out."""
    rows = fetch_all(
        "SELECT s.subject, (SELECT a.at FROM audit a WHERE a.subject = s.subject AND a.action = :action"
        " ORDER BY a.id DESC LIMIT 1) AS at FROM unnest(CAST(:subjects AS text[])) AS s (subject)",
        {"subjects": list(subjects), "action": action},
    )
    return {row.subject: row.at for row in rows if row.at}
