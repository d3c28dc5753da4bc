"""What a provider calls in: stored first, once for each event, and understood by a job that looks for itself."""

from __future__ import annotations

from coalition.kernel import ids, jobs
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import NotFound
from settlement.payouts.asking import may_look, seen
from settlement.payouts.reading import PREFIX
from settlement.payouts.types import NotYet, Payment
from settlement.ports import Look, PayoutNews, Request

UNDERSTAND = "payouts.understand"
_STORE = """
    INSERT INTO payout_event (provider, event_id, kind, ref, external_id, occurred_at)
    VALUES (:provider, :event_id, :kind, :ref, :external_id, :occurred_at)
    ON CONFLICT (provider, event_id) DO NOTHING RETURNING id"""
_WHOSE = """
    SELECT e.id, e.state, e.ref, p.id AS payment_id
      FROM payout_event e LEFT JOIN payout_payment p ON p.provider = e.provider
       AND (p.external_id = e.external_id OR p.id = :payment)
     WHERE e.id = :id ORDER BY p.id LIMIT 1"""


def receive(provider: str, news: PayoutNews) -> bool:
    """Store a verified message and let a job understand it; False if it came before."""
    facts = {name: getattr(news, name) for name in PayoutNews.__slots__}
    row = fetch_one(_STORE, {**facts, "provider": provider})
    if row is None:
        return False
    jobs.enqueue(UNDERSTAND, {"event_id": row.id}, key=f"{provider}:{news.event_id}")
    return True


def whose(event_id: int) -> tuple[Payment, Request] | NotYet | None:
    """The payment that a message is about, and what to look for; None if there is nothing to look at (any more)."""
    ref = fetch_one("SELECT ref FROM payout_event WHERE id = :id", {"id": event_id})
    row = fetch_one(_WHOSE, {"id": event_id, "payment": _number(ref.ref if ref else None)})
    if row is None or row.state != "received":
        return None
    if row.payment_id is None:
        _conclude(event_id, "unmatched")
        return None
    found = may_look(row.payment_id, heard=True)
    if found is None:
        _conclude(event_id, "processed")
    return found


def understood(event_id: int, payment_id: int, theirs: Look) -> None:
    """Take over what was seen, and be done with the message."""
    seen(payment_id, theirs)
    _conclude(event_id, "processed")


def _number(ref: str | None) -> int:
    """The number in our reference; zero for one that is not ours."""
    try:
        return ids.parse(PREFIX, ref or "")
    except NotFound:
        return 0


def _conclude(event_id: int, state: str) -> None:
    execute(
        "UPDATE payout_event SET state = :state, processed_at = now() WHERE id = :id AND state = 'received'",
        {"id": event_id, "state": state},
    )
