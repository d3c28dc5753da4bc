"""Work that outlives a request: rows in PostgreSQL with a lease and a fence, woken by RQ and swept when it forgets."""

from coalition.kernel.jobs.queue import Job, Retry, StaleLease, Task, enqueue, every, get, handles, hasten, revive
from coalition.kernel.jobs.requests import wake_requests
from coalition.kernel.jobs.running import run_due

__all__ = [
    "Job",
    "Retry",
    "StaleLease",
    "Task",
    "enqueue",
    "every",
    "get",
    "handles",
    "hasten",
    "revive",
    "run_due",
    "wake_requests",
]
