"""Suspense: what waited for a member is recorded when the member appears."""

from __future__ import annotations

from coalition import members, purchases
from coalition.kernel import jobs, outbox

_CHUNK = 1000


@jobs.handles("purchases.suspense")
def sweep_suspense(task: jobs.Task) -> None:
    """Record what waited for members who have come, a chunk a transaction."""
    after: int | None = 0
    while after is not None:
        after = task.step(lambda after=after: purchases.sweep_suspense(after, _CHUNK))  # type: ignore[misc]


@outbox.subscribe("member.enrolled", consumer="suspense")
@outbox.subscribe("identifier.added", consumer="suspense")
def post_suspended(event: outbox.Event) -> None:
    """Record what waited for a member who can now be recognised; a sweep does what is too much for once."""
    if purchases.drain(members.hashes(event.payload["member_id"]), _CHUNK) == _CHUNK:
        jobs.enqueue("purchases.suspense", {}, key=f"event:{event.id}")


jobs.every("purchases.suspense", 60, "purchases.suspense")
