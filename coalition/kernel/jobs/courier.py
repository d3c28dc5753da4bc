"""RQ as a courier: it carries "there is work" to a waiting worker, and nothing else.

A wake-up has no arguments and no result; losing, repeating or delaying one costs only time. It travels as JSON, never
pickle, on the one queue to which a worker listens.
"""

from __future__ import annotations

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from coalition.kernel.jobs.running import run_due

QUEUE = "coalition"
_WAKE_TIMEOUT_S = 3600


def drain() -> None:
    """What a woken worker does: everything that is due, up to five hundred rows."""
    run_due(500)


def wake(redis_url: str, workers: int) -> None:
    """Send wake-ups, at most as many as there are workers. Raises redis.RedisError if nobody carries them."""
    queue = _queue(redis_url)
    if queue.count < workers:
        queue.enqueue(drain, job_timeout=_WAKE_TIMEOUT_S, result_ttl=0, failure_ttl=0)


def listen(redis_url: str) -> None:
    """Wait for wake-ups until told to stop. Raises redis.RedisError when the carrier is gone."""
    queue = _queue(redis_url)
    worker = SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer)
    worker.work(logging_level="WARNING")


def _queue(redis_url: str) -> Queue:
    connection = Redis.from_url(redis_url, socket_connect_timeout=2)
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)
