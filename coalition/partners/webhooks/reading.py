"""The delivery log: what an endpoint was told, when, what it answered, and what died."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.partners.webhooks.saying import body_of

STATES = ("waiting", "delivered", "dead")
_ATTEMPTS_MOST = 100
_COLUMNS = """
    d.id, d.endpoint_id, d.event_id, v.type, v.occurred_at, d.about, d.sequence, d.again, v.test, d.state, d.reason,
    d.attempts, d.due_at, d.created_at, d.decided_at, v.data,
    (SELECT a.status FROM webhook_attempt a WHERE a.delivery_id = d.id ORDER BY a.no DESC LIMIT 1) AS status"""
_FROM = "FROM webhook_delivery d JOIN webhook_event v ON v.id = d.event_id"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call: the status that came back, or the code of why none did; `answer` is None once it is blanked."""

    no: int
    at: dt.datetime
    status: int | None
    error: str | None
    took_ms: int
    answer: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint. `again`: it was asked for once more, outside its line. `status`: the last answer's.

    `body` is what is sent, None once the event is blanked; it and `log` are read for a single delivery only.
    """

    id: int
    endpoint_id: int
    event_id: int
    type: str
    occurred_at: dt.datetime
    about: str
    sequence: int
    again: bool
    test: bool
    state: str
    reason: str | None
    attempts: int
    due_at: dt.datetime | None
    created_at: dt.datetime
    decided_at: dt.datetime | None
    status: int | None
    body: str | None = None
    log: Sequence[Attempt] = ()


def deliveries(
    endpoint_id: int, cursor: str | None, limit: int, *, state: str | None = None, event_type: str | None = None
) -> Page[Delivery]:
    """An endpoint's deliveries, the newest first; only those of a state or a type, where one is named."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"SELECT {_COLUMNS} {_FROM} WHERE d.endpoint_id = :endpoint"
        " AND (CAST(:before AS bigint) IS NULL OR d.id < :before)"
        " AND (CAST(:state AS text) IS NULL OR d.state = :state) AND (CAST(:type AS text) IS NULL OR v.type = :type)"
        " ORDER BY d.id DESC LIMIT :limit",
        {"endpoint": endpoint_id, "before": before, "state": state, "type": event_type, "limit": limit + 1},
    )
    found = [_delivery(row) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def delivery(delivery_id: int, partner_id: int) -> Delivery:
    """One delivery of a partner, with its body and the attempts made, the latest hundred. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} {_FROM} JOIN webhook_endpoint e ON e.id = d.endpoint_id AND e.state <> 'deleted'"
        " WHERE d.id = :id AND d.partner_id = :partner",
        {"id": delivery_id, "partner": partner_id},
    )
    if row is None:
        raise NotFound()
    attempts = fetch_all(
        "SELECT no, at, status, error, took_ms, answer FROM webhook_attempt WHERE delivery_id = :id"
        " ORDER BY no DESC LIMIT :most",
        {"id": delivery_id, "most": _ATTEMPTS_MOST},
    )
    body = None if row.data is None else body_of(row)
    return replace(_delivery(row), body=body, log=[Attempt(**one._mapping) for one in attempts])


def counts(partner_id: int) -> Mapping[int, Mapping[str, int]]:
    """How many deliveries of each state the partner's endpoints had in the last seven days, by endpoint."""
    rows = fetch_all(
        "SELECT d.endpoint_id, d.state, count(*) AS n FROM webhook_delivery d"
        " JOIN webhook_endpoint e ON e.id = d.endpoint_id WHERE e.partner_id = :partner"
        " AND e.state <> 'deleted' AND d.created_at > now() - interval '7 days'"
        " GROUP BY 1, 2 LIMIT 1000",
        {"partner": partner_id},
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.endpoint_id, {})[row.state] = row.n
    return found


def _delivery(row: Any) -> Delivery:
    return Delivery(**{name: value for name, value in row._mapping.items() if name != "data"})
