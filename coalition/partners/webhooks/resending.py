"""Sending again, and trial events: deliveries outside their line, under the event's own id.

Who receives an event twice knows it by its id. What is sent again waits for nobody and holds nobody up.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.partners.webhooks.endpoints import Endpoint, endpoint
from coalition.partners.webhooks.schedule import PATIENCE
from coalition.partners.webhooks.types import TEST, event_type
from coalition.partners.webhooks.writing import start

MOST = 1_000
_ABOUT_TEST = "test"
_AGAIN = """
    INSERT INTO webhook_delivery (partner_id, endpoint_id, event_id, about, sequence, again, due_at, give_up_at)
    SELECT d.partner_id, d.endpoint_id, d.event_id, d.about, d.sequence, true, now(), now() + :patience
      FROM webhook_delivery d JOIN webhook_event v ON v.id = d.event_id AND v.data IS NOT NULL
     WHERE d.id = ANY(:ids) ORDER BY d.id FOR SHARE OF v RETURNING id"""
_DEAD = """
    SELECT d.id FROM webhook_delivery d JOIN webhook_event v ON v.id = d.event_id AND v.data IS NOT NULL
     WHERE d.endpoint_id = :endpoint AND d.created_at >= :since AND NOT d.again
       AND (d.state = 'dead' OR (:all AND d.state = 'delivered'))
       AND NOT EXISTS (SELECT FROM webhook_delivery r WHERE r.event_id = d.event_id AND r.endpoint_id = d.endpoint_id
                          AND r.again AND (r.state = 'waiting' OR (r.state = 'delivered' AND NOT :all)))
     ORDER BY d.id LIMIT :most"""


def resend(endpoint_id: int, partner_id: int, delivery_id: int) -> int:
    """Send what a delivery said once more; the number of the new delivery.

    NotFound; Conflict `delivery_waiting` for one that is still to come, `event_blanked` for one whose content is gone,
    `endpoint_off`.
    """
    _listening(endpoint_id, partner_id)
    row = fetch_one(
        "SELECT d.id, d.state FROM webhook_delivery d WHERE d.id = :id AND d.endpoint_id = :endpoint",
        {"id": delivery_id, "endpoint": endpoint_id},
    )
    if row is None:
        detail = "This endpoint has no such delivery."
        raise Invalid("invalid", detail, [FieldError("/delivery_id", "unknown_delivery", detail)])
    if row.state == "waiting":
        raise Conflict("delivery_waiting", "This delivery is still on its way.")
    numbers = _again(endpoint_id, [delivery_id])
    if not numbers:
        raise Conflict("event_blanked", "The content of this event is older than 30 days and was forgotten.")
    return numbers[0]


def resend_since(
    endpoint_id: int, partner_id: int, since: dt.datetime, *, everything: bool = False
) -> tuple[int, bool]:
    """Send the dead letters since an instant once more (`everything`: what was delivered, too), the oldest first.

    How many, and whether there are more than the thousand of one request: then ask again. A dead letter that was sent
    again with success, or is on its way, is not sent once more.
    """
    _listening(endpoint_id, partner_id)
    rows = fetch_all(_DEAD, {"endpoint": endpoint_id, "since": since, "all": everything, "most": MOST + 1})
    chosen = [row.id for row in rows[:MOST]]
    return len(_again(endpoint_id, chosen)) if chosen else 0, len(rows) > MOST


def try_out(endpoint_id: int, partner_id: int, name: str | None = None) -> int:
    """Send a trial event (`webhook.test`, or the example of a type); the number of its delivery.

    Invalid `unknown_event_type`; Conflict `endpoint_off`.
    """
    at = _listening(endpoint_id, partner_id)
    known = event_type(name) if name else None
    if name and name != TEST and known is None:
        detail = f"There is no type {name!r}."
        raise Invalid("invalid", detail, [FieldError("/event_type", "unknown_event_type", detail)])
    data: dict[str, Any] = dict(known.example) if known else {"hello": "This is a trial; nothing has happened."}
    row = fetch_one(
        "WITH event AS (INSERT INTO webhook_event (program_id, partner_id, type, about, cause, occurred_at, data, test)"
        " VALUES (:program, :partner, :type, :about, :cause, :now, CAST(:data AS jsonb), true) RETURNING id)"
        " INSERT INTO webhook_delivery (partner_id, endpoint_id, event_id, about, sequence, again, due_at, give_up_at)"
        " SELECT :partner, :endpoint, event.id, :about, 0, true, now(), now() + :patience FROM event RETURNING id",
        {
            "program": at.program_id,
            "partner": partner_id,
            "type": known.name if known else TEST,
            "about": _ABOUT_TEST,
            "cause": f"test:{uuid.uuid4().hex}",
            "now": clock.now(),
            "data": json.dumps(data),
            "endpoint": endpoint_id,
            "patience": dt.timedelta(minutes=5),
        },
    )
    assert row is not None
    start([endpoint_id])
    audit.record("webhook.test", f"webhook:{endpoint_id}", type=known.name if known else TEST)
    return int(row.id)


def _again(endpoint_id: int, delivery_ids: list[int]) -> list[int]:
    """New deliveries of what these have said; of those events only whose content is still there. Holds the events,
    so that nobody forgets them meanwhile."""
    rows = fetch_all(_AGAIN, {"ids": delivery_ids, "patience": PATIENCE})
    start([endpoint_id])
    audit.record("webhook.resend", f"webhook:{endpoint_id}", count=len(rows))
    return [row.id for row in rows]


def _listening(endpoint_id: int, partner_id: int) -> Endpoint:
    """The endpoint, its row held; Conflict `endpoint_off` if nothing is sent to it now."""
    execute("SELECT FROM webhook_endpoint WHERE id = :id FOR NO KEY UPDATE", {"id": endpoint_id})
    at = endpoint(endpoint_id, partner_id)
    if at.state != "on":
        raise Conflict("endpoint_off", "The endpoint is switched off; switch it on first.")
    return at
