"""The measured processes of `bench_registries`: `work` does the jobs that are due, `limit FOLDER` is the yardstick.

The yardstick is json.loads of the same lines and COPY of the rows that our processing had left, in transactions of as
many lines as ours, into the same tables. Each prints its seconds by the wall and by its own CPU, and its peak memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psycopg

CHUNK = 2_000
TABLES = ("purchase", "purchase_line", "entry", "lot", "award", "wallet", "account")


def work() -> None:
    """Do every registry that waits, as a worker would."""
    from coalition.kernel import jobs
    from coalition.kernel.config import load
    from wsgi import create_app

    with create_app(load(dict(os.environ))).app_context():
        _measure(lambda: print(jobs.run_due(), file=sys.stderr))


def limit(folder: Path) -> None:
    """Parse the lines and copy the rows."""
    lines = [line for file in sorted(folder.glob("*.ndjson")) for line in file.read_bytes().splitlines()]
    chunks = -(-len(lines) // CHUNK)
    rows = {table: list(_dealt((folder / f"{table}.rows").read_bytes(), chunks)) for table in TABLES}
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"].replace("+psycopg", ""), autocommit=True) as connection:
        _measure(lambda: _load(connection, iter(lines), rows, chunks))


def _load(connection: psycopg.Connection, lines: Iterator[bytes], rows: dict[str, list[bytes]], chunks: int) -> None:
    for number in range(chunks):
        for line in islice(lines, CHUNK):
            json.loads(line)
        with connection.transaction(), connection.cursor() as cursor:
            for table in TABLES:
                with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(rows[table][number])


def _dealt(content: bytes, chunks: int) -> Iterator[bytes]:
    rows = content.splitlines(keepends=True)
    for number in range(chunks):
        yield b"".join(rows[len(rows) * number // chunks : len(rows) * (number + 1) // chunks])


def _measure(done: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    done()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mb": peak_mb}))


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work()
    else:
        limit(Path(sys.argv[2]))
