"""Back-tests and shadows, made block after block outside any request: each block a sign of life, a place to cancel.

What is counted stands in the memory of the worker: one that dies leaves a back-test that another begins anew.
"""

from __future__ import annotations

from coalition import insight
from coalition.kernel import jobs
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.logs import logger

log = logger(__name__)
SWEEP = "insight.sweep"
FOLLOW = "insight.follow"
_ATTEMPTS = 3


@jobs.handles(insight.MAKE)
def make_backtest(task: jobs.Task) -> None:
    """Make one back-test; a cancelled one ends without figures."""
    number = int(task.args["backtest"])
    backtest = task.step(lambda: insight.start(number))
    if backtest is None:
        return
    try:
        _make(task, backtest)
    except (jobs.StaleLease, jobs.Retry):
        raise
    except Refusal as refusal:
        code = refusal.code
        task.finish(lambda: insight.fail(number, code))
    except Exception:
        if task.attempts < _ATTEMPTS:
            raise
        log.exception("backtest.failed", backtest=number)
        task.finish(lambda: insight.fail(number, "internal_error"))


@jobs.handles(SWEEP)
def sweep(task: jobs.Task) -> None:
    """Fail back-tests whose job was given up."""
    task.step(insight.fail_orphans)


@jobs.handles(FOLLOW)
def follow(task: jobs.Task) -> None:
    """Play what was recorded to the shadows that run, a block a transaction."""
    for number in transact(insight.running_shadows):
        while task.step(lambda number=number: insight.follow(number)):  # type: ignore[misc]
            pass


def _make(task: jobs.Task, backtest: insight.Backtest) -> None:
    trial = transact(lambda: insight.trial_of(backtest, insight.candidate(backtest.id)))
    at: insight.Cursor | None = insight.Cursor()
    while at is not None:
        block = transact(lambda at=at: trial.read(at))  # type: ignore[misc]
        different = trial.play(block)
        done = trial.tally.receipts

        def kept(done: int = done, different: list[insight.Difference] = different) -> bool:
            task.progress(done, trial.total)
            return insight.advance(backtest.id, done, trial.total, different)

        if not task.step(kept):
            return
        at = block.then
    task.finish(lambda: insight.finish(backtest.id, insight.taken(trial.tally).stored()))


jobs.every("insight.sweep", 3600, SWEEP)
jobs.every("insight.follow", 60, FOLLOW)
