"""Sending: what is due to an endpoint is picked, sent by a port outside every transaction, and what came of it written.

A turn of an endpoint is a job; at most one runs at a time, under its lease. If the worker dies between the call and the
writing, the same delivery is sent again under the same id: at least once. Locks: the endpoint's row, in every function
that writes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coalition import access
from coalition.kernel import clock
from coalition.kernel.db import execute, execute_many, fetch_all, fetch_one
from coalition.partners.webhooks import secrets
from coalition.partners.webhooks.endpoints import switch_off
from coalition.partners.webhooks.saying import body_of, public_event
from coalition.partners.webhooks.schedule import PATIENCE, next_attempt, probing, rest_until
from coalition.partners.webhooks.writing import follow_up
from coalition.ports import WebhookAnswer, WebhookMessage

BATCH = 16
GONE = 410
_BODY = """
    SELECT d.id, d.event_id, d.about, d.sequence, d.attempts, d.give_up_at, v.type, v.occurred_at, v.data, v.test
      FROM webhook_delivery d JOIN webhook_event v ON v.id = d.event_id"""
_PICK = f"{_BODY} WHERE d.endpoint_id = :endpoint AND d.due_at <= now() ORDER BY d.due_at, d.id LIMIT :limit"
_DECIDE = """
    UPDATE webhook_delivery SET state = :state, reason = :reason, due_at = :due_at, attempts = :no,
           decided_at = CASE WHEN :state <> 'waiting' THEN clock_timestamp() END
     WHERE id = :id AND state = 'waiting'"""
_ATTEMPT = """
    INSERT INTO webhook_attempt (delivery_id, no, status, error, took_ms, answer)
    VALUES (:id, :no, :status, :error, :took_ms, :answer)"""
# The first that waits in each line of which something has just been decided is due now.
_PROMOTE = """
    UPDATE webhook_delivery d SET due_at = now()
      FROM (SELECT DISTINCT ON (w.about) w.id, w.due_at FROM webhook_delivery w
             WHERE w.endpoint_id = :endpoint AND w.about = ANY(:abouts) AND w.state = 'waiting' AND NOT w.again
             ORDER BY w.about, w.sequence) f
     WHERE d.id = f.id AND f.due_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Turn:
    """What of an endpoint is sent now: messages, and the delivery of each at the same place."""

    endpoint_id: int
    messages: Sequence[WebhookMessage]
    deliveries: Sequence[Any]


def pick(endpoint_id: int) -> Turn:
    """What is due to an endpoint: nothing while it rests or its partner is suspended.

    Of an endpoint that has failed often one delivery is tried.
    """
    at = fetch_one(
        "SELECT partner_id, url, state, failures, coalesce(rest_until > now(), false) AS resting FROM webhook_endpoint"
        " WHERE id = :id",
        {"id": endpoint_id},
    )
    if at is None or at.state != "on" or at.resting or access.suspension(at.partner_id) is not None:
        return Turn(endpoint_id, (), ())
    limit = 1 if probing(at.failures) else BATCH
    rows = fetch_all(_PICK, {"endpoint": endpoint_id, "limit": limit})
    keys = secrets.live(endpoint_id) if rows else ()
    messages = [WebhookMessage(at.url, public_event(row), body_of(row), keys) for row in rows]
    return Turn(endpoint_id, messages, rows)


def record(turn: Turn, answers: Sequence[WebhookAnswer]) -> None:
    """Write down what came of a turn's messages, and let their lines go on."""
    if not answers:
        return
    at = _lock(turn.endpoint_id)
    now, failures, rows = clock.now(), at.failures, []
    for delivery, answer in zip(turn.deliveries, answers, strict=True):
        failures = 0 if answer.accepted else failures + 1
        rows.append(_decided(delivery, answer, now))
    execute_many(_ATTEMPT, rows)
    execute_many(_DECIDE, rows)
    decided = [row["about"] for row in rows if row["state"] != "waiting"]
    if decided:
        execute(_PROMOTE, {"endpoint": turn.endpoint_id, "abouts": decided})
    _stand(turn.endpoint_id, at, failures, now, any(answer.accepted for answer in answers))
    if any(answer.status == GONE for answer in answers):
        switch_off(turn.endpoint_id, "gone")


def proceed(endpoint_id: int) -> None:
    """Ask for the endpoint's next turn, when its next delivery is due; for none where nothing waits.

    For none while the partner is suspended, either: `resume` asks for it.
    """
    at = _lock(endpoint_id)
    due = fetch_one(
        "SELECT min(due_at) AS at FROM webhook_delivery WHERE endpoint_id = :id AND due_at IS NOT NULL",
        {"id": endpoint_id},
    )
    execute("UPDATE webhook_endpoint SET job_id = NULL WHERE id = :id", {"id": endpoint_id})
    if at.state == "on" and due is not None and due.at is not None and access.suspension(at.partner_id) is None:
        follow_up(endpoint_id, max(due.at, at.rest_until or due.at))


def _lock(endpoint_id: int) -> Any:
    row = fetch_one(
        "SELECT partner_id, state, failures, failing_since, rest_until FROM webhook_endpoint"
        " WHERE id = :id FOR NO KEY UPDATE",
        {"id": endpoint_id},
    )
    assert row is not None
    return row


def _decided(delivery: Any, answer: WebhookAnswer, now: dt.datetime) -> dict[str, Any]:
    """The delivery after an attempt: delivered, dead, or due again."""
    no = delivery.attempts + 1
    again = next_attempt(no, now, delivery.give_up_at, delivery.id, answer.after_s)
    state = "delivered" if answer.accepted else "waiting" if again else "dead"
    return {
        "id": delivery.id,
        "no": no,
        "about": delivery.about,
        "state": state,
        "reason": "expired" if state == "dead" else None,
        "due_at": again if state == "waiting" else None,
        "status": answer.status,
        "error": answer.error,
        "took_ms": answer.took_ms,
        "answer": answer.excerpt,
    }


def _stand(endpoint_id: int, was: Any, failures: int, now: dt.datetime, any_accepted: bool) -> None:
    """How the endpoint stands after a turn; one that has only failed for three days is switched off."""
    since = None if not failures else (now if any_accepted else was.failing_since or now)
    execute(
        "UPDATE webhook_endpoint SET failures = :failures, failing_since = :since, rest_until = :rest WHERE id = :id",
        {"failures": failures, "since": since, "rest": rest_until(failures, now), "id": endpoint_id},
    )
    if any_accepted and probing(was.failures):
        _wake_all(endpoint_id)
    if since is not None and now - since >= PATIENCE and was.state == "on":
        switch_off(endpoint_id, "failing")


def _wake_all(endpoint_id: int) -> None:
    """An endpoint is back after it was gone for long: nobody waits out the pauses that were meant for its absence."""
    execute(
        "UPDATE webhook_delivery SET due_at = now() WHERE endpoint_id = :id AND due_at > now()", {"id": endpoint_id}
    )
