"""`flask work`: couriers that wait for wake-ups and one sweeper that sends them, as supervised child processes.

Each child is a single-threaded process with connections of its own. The sweeper looks at the tables twice a second:
with a courier at hand it sends wake-ups, without one (Valkey gone, couriers dead) it does the work itself, slower.
"""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from redis import RedisError

from coalition.kernel import config
from coalition.kernel.config import VAR
from coalition.kernel.embedded import Child
from coalition.kernel.jobs import courier, running
from coalition.kernel.logs import logger

log = logger(__name__)
_TICK_S = 0.5
_PATIENCE_S = 10
_RESTART_S = 1.0


def supervise(couriers: int) -> None:
    """Keep one sweeper and `couriers` couriers running until SIGTERM or SIGINT."""
    roles = ["sweeper"] + (["courier"] * couriers if config.current().redis_url else [])
    stopping = _stop_signal()
    VAR.mkdir(exist_ok=True)
    children = [(role, _spawn(role, couriers)) for role in roles]
    while not stopping:
        time.sleep(_RESTART_S)
        for at, (role, child) in enumerate(children):
            if not child.alive() and not stopping:
                log.warning("worker.restarted", role=role, exit_code=child.process.returncode)
                children[at] = (role, _spawn(role, couriers))
    for _, child in children:
        child.stop()


def sweep(couriers: int) -> None:
    """The sweeper's loop: schedules, wake-ups, and the work itself where nobody else does it."""
    redis_url, stopping = config.current().redis_url, _stop_signal()
    waiting_since: float | None = None
    while not stopping:
        running.tick()
        if running.work_waits():
            waiting_since = waiting_since or time.monotonic()
            woken = bool(redis_url) and _wake(redis_url or "", couriers)
            if not woken or time.monotonic() - waiting_since > _PATIENCE_S:
                running.run_due(50)
        else:
            waiting_since = None
        time.sleep(_TICK_S)


def listen() -> None:
    """The courier's loop; it ends when Valkey goes away, and the supervisor starts it again."""
    courier.listen(config.current().redis_url or "")


def _wake(redis_url: str, couriers: int) -> bool:
    try:
        courier.wake(redis_url, couriers)
    except RedisError as error:
        log.warning("courier.unreachable", error=str(error))
        return False
    return True


def _spawn(role: str, couriers: int) -> Child:
    command = [sys.executable, "-m", "flask", "work", "--role", role, "--couriers", str(couriers)]
    return Child(command, VAR / f"{role}.log")


def _stop_signal() -> list[int]:
    """A list that is empty until SIGTERM or SIGINT arrives."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    return received
