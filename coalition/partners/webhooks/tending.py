"""What time does to webhooks: turns that were lost are asked for again, contents are forgotten, old rows go."""

from __future__ import annotations

from coalition import access
from coalition.kernel.db import execute, fetch_all
from coalition.partners.webhooks.asking import forget_changes
from coalition.partners.webhooks.writing import start

ANSWERS_DAYS = 7
CONTENTS_DAYS = 30
ROWS_DAYS = 90
_LOST = """
    SELECT e.id FROM webhook_endpoint e LEFT JOIN job j ON j.id = e.job_id
     WHERE e.state = 'on' AND coalesce(j.state, 'done') IN ('done', 'dead')
       AND e.partner_id <> ALL(:suspended)
       AND EXISTS (SELECT FROM webhook_delivery d
                     WHERE d.endpoint_id = e.id AND d.due_at <= now() - interval '20 seconds')
     ORDER BY e.id LIMIT 1000 FOR NO KEY UPDATE OF e SKIP LOCKED"""
_IDLE = (
    "NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.event_id = e.id AND d.state = 'waiting')"
    " AND NOT EXISTS (SELECT FROM change c WHERE c.event_id = e.id)"
)
_OLD = (
    "SELECT e.id FROM webhook_event e WHERE e.created_at < now() - make_interval(days => :days)"
    f" AND e.data IS {{content}} AND {_IDLE} ORDER BY e.created_at LIMIT :limit FOR UPDATE SKIP LOCKED"
)


def heal() -> int:
    """Ask again for the turns of endpoints whose job was given up or lost; how many there were.

    Those of suspended partners wait.
    """
    lost = [row.id for row in fetch_all(_LOST, {"suspended": list(access.suspended_partners())})]
    start(lost)
    return len(lost)


def resume(partner_id: int) -> None:
    """A partner was let in again: what its endpoints have waited for is sent. Locks: their rows."""
    found = fetch_all(
        "SELECT id FROM webhook_endpoint WHERE partner_id = :partner AND state = 'on' ORDER BY id FOR NO KEY UPDATE",
        {"partner": partner_id},
    )
    start(row.id for row in found)


def forget(limit: int) -> int:
    """Blank old answers and contents, and drop the oldest rows; how many, 0 when nothing is left to do.

    Answers after 7 days, what was told after 30, whole deliveries and events after 90. A delivery that waits is kept,
    and what a change feed still tells.
    """
    changes = forget_changes(limit)
    answers = execute(
        "UPDATE webhook_attempt SET answer = NULL WHERE (delivery_id, no) IN"
        " (SELECT delivery_id, no FROM webhook_attempt WHERE answer IS NOT NULL"
        " AND at < now() - make_interval(days => :days) ORDER BY at LIMIT :limit)",
        {"days": ANSWERS_DAYS, "limit": limit},
    )
    contents = _each_idle("UPDATE webhook_event e SET data = NULL", CONTENTS_DAYS, limit, "NOT NULL")
    rows = _each_idle("DELETE FROM webhook_event e", ROWS_DAYS, limit, "NULL")
    return changes + answers + contents + rows


def _each_idle(statement: str, days: int, limit: int, content: str) -> int:
    """Do it to events of that age and content of which no delivery waits and no change feed tells; the oldest first.

    They are locked first, and looked at again in a second statement: whoever sends one again holds it (`resending`), so
    either its delivery is seen here, or it finds that the content is gone.
    """
    old = fetch_all(_OLD.format(content=content), {"days": days, "limit": limit})
    return execute(f"{statement} WHERE e.id = ANY(:ids) AND {_IDLE}", {"ids": [row.id for row in old]}) if old else 0
