"""How good the ledger's tests are: `python -m tests.mutation.ledger_sql [--sample 150] [--seed 3] [--workers 2]`.

Most of the ledger's arithmetic is SQL, which mutation tools for Python do not see. Each mutant (`mutants.py`) is one
slip in one file of `coalition/ledger/sql`. It is put into a template database, or in the place of the statement's
text, and judged in a forked process by the ledger's own tests, then by a short run of the state machine
(`judging.py`): the first test that fails kills it, and so does one that never ends. What the database does not accept
is no mutant. Survivors are printed; those known to change nothing stand in `EQUIVALENT`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.mutants import Mutant, mutants

SQL = Path(__file__).resolve().parents[2] / "coalition" / "ledger" / "sql"
PATIENCE_S = 240
JUDGES = (
    *("tests/coalition/ledger/test_posting.py", "tests/coalition/ledger/test_rules.py"),
    *("tests/coalition/ledger/test_returns.py", "tests/coalition/ledger/test_holds.py"),
    *("tests/coalition/ledger/test_moves.py", "tests/coalition/ledger/test_expiry.py"),
    *("tests/coalition/ledger/test_idleness.py", "tests/coalition/ledger/test_queries.py"),
    *("tests/coalition/ledger/test_movements_view.py", "tests/coalition/ledger/test_two_speeds.py"),
    *("tests/mutation/judging.py",),
)
MACHINERY = ("bulk_lock.sql", "stage.sql")  # no arithmetic: a lock, a temporary table


def main() -> None:
    """Judge a sample, in as many processes as asked for, and print what survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    every = [one for file in sorted(SQL.glob("*.sql")) if file.name not in MACHINERY for one in mutants(file)]
    chosen = random.Random(asked.seed).sample(every, min(asked.sample, len(every)))
    if asked.share is not None:
        _share(chosen[asked.share :: asked.workers], time.monotonic() + 60 * asked.minutes)
        return
    options = [f"--sample={asked.sample}", f"--seed={asked.seed}", f"--minutes={asked.minutes}"]
    command = [sys.executable, "-m", "tests.mutation.ledger_sql", f"--workers={asked.workers}", *options]
    workers = [
        subprocess.Popen([*command, f"--share={share}"], stdout=subprocess.PIPE, text=True)
        for share in range(asked.workers)
    ]
    ends = [json.loads(line) for worker in workers for line in worker.communicate()[0].splitlines()]
    _tell(len(every), ends)


def _tell(every: int, ends: Sequence[Sequence[str]]) -> None:
    for end, name in sorted(ends):
        if end == "survived":
            print(f"survived {name}")
    told = Counter(end for end, _ in ends)
    judged = told["killed"] + told["timeout"] + told["survived"]
    killed = told["killed"] + told["timeout"]
    print(f"{every} mutants, {judged} judged, {killed} killed ({killed / max(1, judged):.1%}); {dict(told)}")


def _share(chosen: Sequence[Mutant], until: float) -> None:
    import wsgi  # noqa: F401 - imported once for all the forked processes
    from tests import conftest
    from tests.model import machine  # noqa: F401

    conftest.pytest_configure(type("Nobody", (), {})())  # servers and a template of this worker's own
    try:
        assert _tests(None) == "survived", "the tests fail without any mutant"
        for mutant in chosen:
            if time.monotonic() > until:
                break
            end = "equivalent" if str(mutant) in EQUIVALENT else _judge(mutant)
            print(json.dumps([end, str(mutant)]), flush=True)
            print(f"{end:10} {mutant}", file=sys.stderr, flush=True)
    finally:
        conftest.pytest_unconfigure()


def _judge(mutant: Mutant) -> str:
    original = (SQL / mutant.file).read_text(encoding="utf-8")
    is_function = "CREATE OR REPLACE FUNCTION" in original
    if not is_function:
        return _tests(mutant)
    try:
        _install(mutant.text)
        return _tests(None)
    except psycopg.Error:
        return "invalid"
    finally:
        _install(original)


def _install(text: str) -> None:
    from tests.databases import template_url

    with psycopg.connect(template_url().replace("+psycopg", "")) as owner:
        owner.execute(text.encode())


def _tests(mutant: Mutant | None) -> str:
    """Run the judges in a forked process that has everything imported; how the mutant ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        os._exit(_pytest(mutant))
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if status == 0 else "killed"
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _pytest(mutant: Mutant | None) -> int:
    import pytest

    from coalition.kernel.db import load_sql
    from coalition.ledger import bulk, drawing, issuing, queries
    from tests import conftest

    conftest._servers.clear()  # they are the parent's to stop
    if mutant is not None:
        for module in (bulk, drawing, issuing, queries):
            module.load_sql = lambda file, name: mutant.text if name == mutant.file else load_sql(file, name)
    home = tempfile.mkdtemp(prefix="mutant-")
    return int(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={home}/t", *JUDGES]))


if __name__ == "__main__":
    main()
