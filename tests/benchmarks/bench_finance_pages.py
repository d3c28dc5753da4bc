"""Finance's pages while a close runs: `python -m tests.benchmarks.bench_finance_pages [--movements N] [--json]`.

A year of movements of a program whose months are closed but for the last ones. The pages are asked for in turns, by one
person: first of the idle system, then while another process closes the month with the most to do. p95 of both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from coalition import access, programs
from coalition.kernel.db import transact
from settlement import accruals, statements
from tests.benchmarks import house, settling
from tests.benchmarks.ground import ROOT, Ground, prepared

GOAL = 3.0
PASSWORD = "a long password"
CLOSED = [f"2026-{month:02}" for month in range(1, 9)]
BIG = "2026-09"
LEAST = 40  # pages asked for on each side


def measure(ground: Ground, movements: int) -> dict[str, Any]:
    """The p95 of the pages on the idle system and while a close runs, in milliseconds, and their ratio."""
    ground.fresh("ours")
    with TemporaryDirectory() as folder:
        settings = house.environment(ground, Path(folder))
        with house.application(settings) as app:
            filled = settling.fill(ground, movements, days=300)
            program = transact(lambda: programs.get(filled.program_id))
            for code in CLOSED:
                transact(lambda code=code: statements.close(program.id, code))  # type: ignore[misc]
            ask = _asking(app, program.code)
            ask()  # the first round compiles templates and plans
            idle = [took for _ in range(LEAST // len(PAGES) + 1) for took in ask()]
            rest = settling.add(ground, filled, movements // 2, day=250)
            busy, closes_s = _while_closing(ask, settings, program.code)
            transact(lambda: accruals.find_period(program.id, BIG))
    return {
        "movements": filled.movements,
        "movements to close": rest,
        "idle p95 ms": _p95(idle),
        "busy p95 ms": _p95(busy),
        "ratio": _p95(busy) / _p95(idle),
        "goal": GOAL,
        "pages while closing": len(busy),
        "close s": closes_s,
    }


PAGES = (
    "/console/settlement",
    "/console/settlement/{program}/2026-08",
    "/console/settlement/{program}/2026-09",
    "/console/reports",
    "/console/adjustments",
    "/console/agreements",
)


def _asking(app: Flask, program: str) -> Callable[[], list[float]]:
    app.config["WTF_CSRF_ENABLED"] = False
    transact(lambda: access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff"))
    client = app.test_client()
    client.post("/login", data={"email": "finance@coral.test", "password": PASSWORD})
    return lambda: [_took(client, page.format(program=program)) for page in PAGES]


def _took(client: FlaskClient, page: str) -> float:
    begun = time.perf_counter()
    answer = client.get(page)
    took = (time.perf_counter() - begun) * 1e3
    if answer.status_code != 200:
        raise RuntimeError(f"{page}: {answer.status_code}")
    return took


def _while_closing(ask: Callable[[], list[float]], settings: dict[str, str], program: str) -> tuple[list[float], float]:
    begun = time.perf_counter()
    closing = subprocess.Popen(
        [sys.executable, "-m", "flask", "settlement", "close", program, BIG],
        cwd=ROOT,
        env=house.child_environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    busy: list[float] = []
    while closing.poll() is None:
        busy += ask()
    told, _ = closing.communicate()
    if closing.returncode:
        raise RuntimeError(told)
    return busy, time.perf_counter() - begun


def _p95(found: Sequence[float]) -> float:
    return sorted(found)[int(len(found) * 0.95)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--movements", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with prepared() as ground:
        told = measure(ground, options.movements)
    if options.json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        print(f"{name:<22}{value:>12,.2f}" if isinstance(value, float) else f"{name:<22}{value:>12,}")


if __name__ == "__main__":
    main()
