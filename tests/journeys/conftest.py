"""The running product for the journeys: `flask demo` itself, on servers and data of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest

from coalition.kernel.config import ROOT
from coalition.kernel.embedded import free_port
from tests.databases import servers_home
from tests.journeys.running import Running

_START_TIMEOUT_S = 300
_OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "COALITION_ENV", "SECRET_KEY")


@pytest.fixture(scope="package")
def shared() -> Iterator[Callable[[Sequence[str]], Running]]:
    """The demos that modules share, by their options: starting one takes as long as many tests, and idle it costs, too.

    So one test process runs these modules, one after the other (see `tests/scheduling.py`), and stops the demo then.
    """
    with ExitStack() as open_until_the_end:
        yield cache(lambda options: open_until_the_end.enter_context(_demo(options)))


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, shared: Callable[[Sequence[str]], Running]) -> Iterator[Running]:
    """A demo started by its command, with its own data; everything it started is gone in the end.

    Modules share it, so each makes what it needs; one that reads sums of the whole program says `DEMO_OF_ITS_OWN`.
    A module may name options in `DEMO_OPTIONS`.
    """
    options = getattr(request.module, "DEMO_OPTIONS", ())
    if getattr(request.module, "DEMO_OF_ITS_OWN", False):
        with _demo(options) as own:
            yield own
    else:
        yield shared(options)


@contextmanager
def _demo(options: Sequence[str]) -> Iterator[Running]:
    var = servers_home("coalition-journey-")
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    environment |= {"COALITION_VAR": str(var), "SIMULATOR_PACE_S": "0.2"}
    command = [sys.executable, "-m", "flask", "demo", "--port", str(free_port()), *options]
    log = (var / "demo.log").open("wb")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _await(var, process)
        yield Running(var, environment, json.loads((var / "demo.json").read_text()))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(180)
        log.close()
        shutil.rmtree(var, ignore_errors=True)


def _await(var: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if (var / "demo.json").exists():
            return
        time.sleep(0.2)
    pytest.fail(f"the demo did not start:\n{(var / 'demo.log').read_text()[-4000:]}")
