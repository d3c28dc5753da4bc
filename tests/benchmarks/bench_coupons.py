"""A million coupons: `python -m tests.benchmarks.bench_coupons [--codes N] [--rounds N]`.

1. The job makes a batch, in this process, part by part. 2. Plain COPY: the same rows (read back from that batch) go in
one COPY, in one transaction, into a copy of the table with the same indexes and keys. 3. A worker in a process of its
own is killed while it makes another batch, a second worker takes over, and the codes are counted: exactly as many as
were wanted, all different. Ends with the laws.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_one, raw, transact
from coalition.kernel.laws import offending
from coalition.promotions import coupons
from tests.benchmarks import house
from tests.benchmarks.ground import ROOT, Ground, prepared
from tests.builders import a_program

_ROWS = "COPY (SELECT batch_id, program_id, uses_max, code FROM coupon WHERE batch_id = {0} ORDER BY id) TO STDOUT"
_TARGET = "COPY plain (batch_id, program_id, uses_max, code) FROM STDIN"
_WORKER = (
    "from wsgi import create_app\nfrom coalition.kernel import jobs\nwith create_app().app_context(): jobs.run_due()"
)
_GIVE_UP_S = 600


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the job beside COPY, then kill a worker half-way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(argv)
    with TemporaryDirectory() as folder, prepared() as ground:
        ratios = []
        for _ in range(asked.rounds):
            ground.fresh("ours")
            settings = house.environment(ground, Path(folder) / "files")
            with house.application(settings):
                program_id = transact(a_program).id
                batch, made_s = _made(program_id, asked.codes)
                copied_s = _copied(ground, batch.id)
                ratios.append(copied_s / made_s)
                told = f"job {asked.codes / made_s:,.0f} codes/s, plain COPY {asked.codes / copied_s:,.0f} rows/s"
                print(f"{told}, ratio {ratios[-1]:.2f}")
        print(f"median ratio {median(ratios):.2f}")
        with house.application(settings):
            _killed(program_id, asked.codes, settings)
            broken = [law.code for law in coupons.laws() if transact(lambda law=law: offending(law))]  # type: ignore[misc]
            print(f"laws broken: {broken}")


def _order(program_id: int, code: str, count: int) -> coupons.Batch:
    return transact(lambda: coupons.order(program_id, coupons.Order(code, "Bench", "Замер", wanted=count)))


def _made(program_id: int, count: int) -> tuple[coupons.Batch, float]:
    batch, began = _order(program_id, "bench", count), time.monotonic()
    jobs.run_due()
    took = time.monotonic() - began
    assert transact(lambda: coupons.get(program_id, batch.id)).state == "ready"
    return batch, took


def _copied(ground: Ground, batch_id: int) -> float:
    """Seconds of one COPY of the batch's rows into a table of the same shape, on a connection of its own."""
    with ground.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (LIKE coupon INCLUDING ALL)")
        cursor.execute(
            "ALTER TABLE plain ADD FOREIGN KEY (batch_id, program_id) REFERENCES coupon_batch (id, program_id),"
            " ADD FOREIGN KEY (member_id) REFERENCES member"
        )
        with cursor.copy(_ROWS.format(batch_id).encode()) as copy:
            rows = b"".join(bytes(part) for part in copy)
        began = time.monotonic()
        with cursor.copy(_TARGET.encode()) as copy:
            copy.write(rows)
        took = time.monotonic() - began
        cursor.execute("DROP TABLE plain")
    return took


def _killed(program_id: int, count: int, settings: dict[str, str]) -> None:
    """Kill a worker when it is half-way, let another finish, and count."""
    batch = _order(program_id, "killed", count)
    first = _worker(settings)
    deadline = time.monotonic() + _GIVE_UP_S
    while (made := _now(batch)) * 2 < count and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    print(f"killed when {made:,} of {count:,} were made")
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'running'"))
    _worker(settings).wait()
    row = transact(
        lambda: fetch_one(
            "SELECT count(*) AS n, count(DISTINCT code) AS different FROM coupon WHERE batch_id = :id", {"id": batch.id}
        )
    )
    assert row is not None
    print(f"after another worker: {row.n:,} codes, {row.different:,} different, wanted {count:,}")
    assert row.n == row.different == count


def _now(batch: coupons.Batch) -> int:
    def work() -> int:
        row = raw().execute("SELECT made FROM coupon_batch WHERE id = %s", (batch.id,)).fetchone()
        return int(row[0]) if row else 0

    return transact(work)


def _worker(settings: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WORKER], cwd=ROOT, env=house.child_environment(settings))


if __name__ == "__main__":
    main()
