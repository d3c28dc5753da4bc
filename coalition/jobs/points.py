"""What time does to points: holds end, lots expire, programs are over."""

from __future__ import annotations

from coalition import ledger, programs
from coalition.kernel import clock, jobs

_CHUNK = 1000


@jobs.handles("ledger.expire_holds")
def expire_holds(task: jobs.Task) -> None:
    """Put back the points of holds whose time is over."""
    while task.step(lambda: ledger.expire_holds(_CHUNK)):
        pass


@jobs.handles("ledger.expire")
def expire(task: jobs.Task) -> None:
    """Book the expiry of lots whose last usable day is over."""
    while task.step(lambda: ledger.expire(clock.now(), _CHUNK)):
        pass


@jobs.handles("programs.end")
def end_programs(task: jobs.Task) -> None:
    """End the programs whose sunset is over, and let the points of ended ones expire, a chunk a transaction."""
    task.step(programs.end_sunsets)
    while task.step(lambda: programs.wind_down(_CHUNK)):
        pass


jobs.every("ledger.expire_holds", 30, "ledger.expire_holds")
jobs.every("ledger.expire", 3600, "ledger.expire")
jobs.every("programs.end", 900, "programs.end")
