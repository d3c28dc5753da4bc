"""What must always hold of events and jobs; the laws about time count only what healing should have done by then."""

from __future__ import annotations

from coalition.kernel.laws import Law


def laws() -> list[Law]:
    """The laws of the outbox, of jobs and of idempotency."""
    return [
        Law(
            "D1",
            "an event is handed to its consumers within a minute",
            "SELECT id FROM outbox WHERE delivered_at IS NULL AND created_at < now() - interval '60 seconds'",
        ),
        Law(
            "D2",
            "a consumer has one job for an event, and only for an event that happened",
            "SELECT j.id FROM job j WHERE j.kind = 'outbox.consume'"
            " AND NOT EXISTS (SELECT FROM outbox o WHERE o.id = (j.args -> 'event' ->> 'id')::bigint"
            " AND o.delivered_at IS NOT NULL AND j.key = o.id || ':' || (j.args ->> 'consumer'))",
        ),
        Law(
            "OB1",
            "no follower has set an event aside, and none lets one wait for more than five minutes",
            "SELECT l.follower, l.event_id FROM outbox_line l JOIN outbox o ON o.id = l.event_id"
            " WHERE l.error IS NOT NULL OR o.delivered_at < now() - interval '5 minutes'",
        ),
        Law(
            "I1",
            "a stored idempotency key has its answer",
            "SELECT client_id, key FROM idempotency WHERE status IS NULL OR body IS NULL",
            halts=True,
        ),
        Law(
            "J1",
            "no lease has run out more than two minutes ago",
            "SELECT id FROM job WHERE state = 'running' AND due_at < now() - interval '2 minutes'",
        ),
        Law(
            "J2",
            "a job that was cancelled was cancelled by somebody, for a reason",
            "SELECT j.id FROM job j WHERE j.state = 'cancelled' AND NOT EXISTS (SELECT FROM audit a"
            " WHERE a.subject = 'job:' || j.id AND a.action = 'job.cancel' AND a.details ->> 'reason' <> '')",
        ),
    ]
