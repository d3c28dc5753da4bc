"""A worker that is killed anywhere in the middle of a file leaves a reconciliation that the next one ends, once."""

from __future__ import annotations

import os
import signal
import traceback
from itertools import count

from flask import Flask

from coalition.kernel import crash, jobs
from coalition.kernel.db import db, execute, transact
from settlement import reconciliation
from tests.settlement.builders import broken_laws, count_rows
from tests.settlement.reconciliation.builders import a_till, counts, lines

STEP = int(os.environ.get("RECONCILIATION_DEATHS_STEP", "4"))  # 1: killed at every single pass
LINES = 4_500


def test_a_killed_worker_is_taken_over_and_every_line_counts_once(live: Flask) -> None:
    till = a_till()
    till.sell("R1", 1000)
    till.accrue()
    known = [{"external_id": "R1", "amount": 1000, "points": 5}]
    file = lines(*known, *({"external_id": f"X{number}", "amount": 1} for number in range(LINES - 1)))
    run_id = till.send(file, work=False).id

    for killed_at in count(1, STEP):
        if not _live(killed_at):
            break
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'running'"))

    at = transact(lambda: reconciliation.run(run_id))
    assert (at.state, at.lines) == ("finished", LINES)
    assert counts(at) == {"matched": 1, "missing_here": LINES - 1}
    assert count_rows("reconciliation_line") == 0
    assert broken_laws() == {}


def _live(killed_at: int) -> bool:
    """Work in a process of its own that is killed at its n-th pass of a crash point; whether it was."""
    db.session.remove()
    child = os.fork()
    if child == 0:
        try:
            db.engine.dispose(close=False)
            _count(killed_at)
            jobs.run_due(20)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), (code, killed_at)
    return code != 0


def _count(killed_at: int) -> None:
    passed = []

    def point(name: str) -> None:
        passed.append(name)
        if len(passed) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    crash.point = point
