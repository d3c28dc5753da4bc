"""What the provider calls in: stored first, once for each event, and understood by a job that looks for itself."""

from __future__ import annotations

from catalog.payments.cases import open_stray
from catalog.payments.seeing import seen
from catalog.payments.types import NotYet
from catalog.ports import PaymentNews, PaymentState
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_one

JOB = "payments.understand"
_WAIT_S = 2.0
_STORE = """
    INSERT INTO payment_event (event_id, kind, ref, session_id, intent_id, occurred_at)
    VALUES (:event_id, :kind, :ref, :session_id, :intent_id, :occurred_at)
    ON CONFLICT (event_id) DO NOTHING RETURNING id"""
_WHOSE = """
    SELECT e.id, e.session_id, e.intent_id, e.state, p.id AS payment_id, p.state AS payment_state,
           p.session_id AS known_session
      FROM payment_event e LEFT JOIN payment p
        ON p.ref = e.ref OR p.session_id = e.session_id OR p.intent_id = e.intent_id
     WHERE e.id = :id ORDER BY p.id LIMIT 1"""


def receive(news: PaymentNews) -> bool:
    """Store a verified message and let a job understand it; False if it came before."""
    row = fetch_one(_STORE, {name: getattr(news, name) for name in PaymentNews.__slots__})
    if row is None:
        return False
    jobs.enqueue(JOB, {"event_id": row.id}, key=news.event_id)
    return True


def whose(event_id: int) -> tuple[int, str | None, str | None] | NotYet | None:
    """Which payment a message is about, and under which ids to look at it; None if there is nothing to look at.

    NotYet: it has overtaken the answer that tells us of the page. A message about something that is no payment of ours
    is a case for people; about nothing at all it is ignored.
    """
    row = fetch_one(_WHOSE, {"id": event_id})
    if row is None or row.state != "received":
        return None
    if row.payment_state == "created":
        return NotYet(_WAIT_S)
    if row.payment_id is not None and (row.known_session or row.session_id or row.intent_id):
        return row.payment_id, row.known_session or row.session_id, row.intent_id
    if row.session_id or row.intent_id:
        open_stray(row.intent_id or row.session_id, f"event of {row.session_id or row.intent_id}")
        _conclude(event_id, "unmatched")
    else:
        _conclude(event_id, "ignored")
    return None


def understood(event_id: int, payment_id: int, theirs: PaymentState | None) -> None:
    """Take over what was seen (None: the provider has no such payment), and be done with the message."""
    if theirs is not None:
        seen(payment_id, theirs)
    _conclude(event_id, "processed" if theirs is not None else "unmatched")


def _conclude(event_id: int, state: str) -> None:
    execute(
        "UPDATE payment_event SET state = :state, processed_at = now() WHERE id = :id AND state = 'received'",
        {"id": event_id, "state": state},
    )
