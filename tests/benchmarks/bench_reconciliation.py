"""A partner's file against what we keep: `python -m tests.benchmarks.bench_reconciliation [--lines N] [--rounds N]`.

Beside the match: one bare full join by external id over the same three sides (the lines laid out, the receipts, the
movements) that writes nothing and compares nothing, in the same memory for a sort. Before it the file is read and laid
out in a process of its own, as a worker does, whose peak of memory is told. One line in a hundred differs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from coalition import partners, programs
from coalition.kernel import jobs, ports
from coalition.kernel.db import execute, fetch_one, transact
from coalition.ports import FileStore
from settlement import accruals, reconciliation
from settlement.reconciliation.files import matching
from tests.benchmarks import house
from tests.benchmarks.ground import ROOT, Ground, prepared
from tests.builders import a_partner, a_program

PERIOD = "2026-11"
LINES = 1_000_000
_PURCHASES = """
    INSERT INTO purchase (occurred_at, total_minor, program_id, partner_id, outlet_id, legal_entity_id, external_id,
           request_hash, currency, channel, actor)
    SELECT timestamptz '2026-11-02' + make_interval(secs => n %% 2000000), 100 + n %% 9000, %(program)s, %(partner)s, 1,
           %(entity)s, 'R-' || lpad(n::text, 9, '0'), '\\x00', 'EUR', 'pos', 'bench'
      FROM generate_series(1, %(lines)s) n"""
_ACCRUALS = """
    INSERT INTO accrual (movement_id, program_id, period_id, kind, points, currency_id, occurred_at, occurred_on,
           booked_on, funder_id, funding_price, partner_id, external_id, xid)
    SELECT 'e' || n || '.1', program_id, %(period)s, 'issue', total_minor / 100, %(currency)s, occurred_at,
           (occurred_at AT TIME ZONE 'Europe/Riga')::date, (occurred_at AT TIME ZONE 'Europe/Riga')::date, %(entity)s,
           0.01, partner_id, external_id, '1'
      FROM (SELECT row_number() OVER () AS n, * FROM purchase) p"""
_BARE = """
    SELECT count(*), count(l.external_id), count(p.external_id), count(a.external_id)
      FROM (SELECT * FROM reconciliation_line WHERE reconciliation_id = :run) l
      FULL JOIN (SELECT * FROM purchase_receipts WHERE partner_id = :partner AND occurred_at >= :seen_from
                    AND occurred_at < :seen_until) p USING (external_id)
      FULL JOIN (SELECT * FROM accrued_movements WHERE partner_id = :partner AND currency_id = :currency
                    AND occurred_on BETWEEN :seen_on AND :seen_to) a USING (external_id)"""


def file_of(lines: int) -> Iterator[bytes]:
    """The partner's file: every hundredth line says another amount."""
    for n in range(1, lines + 1):
        amount = 100 + n % 9000
        said = amount + (n % 100 == 0)
        yield b'{"external_id":"R-%09d","amount":%d,"points":%d,"rate":"0.01"}\n' % (n, said, amount // 100)


def laid(ground: Ground, lines: int) -> Mapping[str, int]:
    """A fresh coalition with so many receipts, each with a movement; the ids that the sides need."""
    program = transact(lambda: a_program("bench"))
    partner = transact(lambda: a_partner(program, "wool"))
    ids = {"program": program.id, "partner": partner.id, "lines": lines}
    ids["entity"] = transact(lambda: partners.entities_of(partner.id)[0].id)
    ids["currency"] = transact(lambda: programs.main_currency(program.id).id)
    ids["period"] = transact(lambda: accruals.open_period(program.id, PERIOD)).id
    with ground.connect() as connection:
        connection.execute(_PURCHASES, ids)
        connection.execute(_ACCRUALS, ids)
    return ids


def opened(ids: Mapping[str, int]) -> int:
    """A reconciliation whose file waits."""
    content = BytesIO(b"".join(file_of(ids["lines"])))
    stored = ports.get(FileStore).put("reconciliations/bench", content)
    scope = (ids["program"], ids["partner"], PERIOD)
    return transact(lambda: reconciliation.open_run(*scope, stored, mapping_id=None)).id


def read(run_id: int) -> None:
    """Read the file and lay it out, as the worker's job does, and say what it took."""
    from coalition.kernel.config import load
    from settlement.jobs import reconciling
    from wsgi import create_app

    with create_app(load(dict(os.environ))).app_context():
        transact(lambda: reconciling.ask(run_id))
        task = transact(jobs.queue.claim)
        assert task is not None
        at, before = transact(lambda: reconciliation.run(run_id)), time.perf_counter()
        reconciling.read(task, at)
        print(json.dumps({"s": time.perf_counter() - before, "mb": peak_mb()}))


def peak_mb() -> int:
    """This program's own peak of memory; getrusage would count what its parent had when it was started, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def compared(run_id: int) -> tuple[float, float]:
    """Seconds of one bare full join, and of the match (which is then taken back, so that it can be done again)."""
    at = transact(lambda: reconciliation.run(run_id))
    params = transact(lambda: matching.params_of(at, by_receipt=False))

    def bare() -> float:
        matching.prepare()
        before = time.perf_counter()
        fetch_one(_BARE, params)
        return time.perf_counter() - before

    def match() -> float:
        before = time.perf_counter()
        assert reconciliation.match(at)
        return time.perf_counter() - before

    joined = transact(bare)
    took = transact(match)
    transact(lambda: execute("UPDATE reconciliation SET state = 'reading', finished_at = NULL"))
    return joined, took


def run(ground: Ground, lines: int, rounds: int, folder: Path) -> Iterator[Mapping[str, Any]]:
    """Reading, then the comparison in pairs."""
    ground.fresh("ours")
    settings = house.environment(ground, folder)
    with house.application(settings):
        ids = laid(ground, lines)
        run_id = opened(ids)
        command = [sys.executable, "-m", "tests.benchmarks.bench_reconciliation", "--worker", str(run_id)]
        environment = house.child_environment(settings)
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        yield {"name": "read and laid out", **json.loads(done.stdout.splitlines()[-1])}
        with ground.connect() as connection:
            connection.execute("VACUUM ANALYZE")
        pairs = []
        for _ in range(rounds):
            pairs.append(compared(run_id))
            with ground.connect() as connection:
                connection.execute("TRUNCATE reconciliation_difference, reconciliation_total")
        yield {"name": "a bare full join", "s": median(joined for joined, _ in pairs)}
        ratio = median(took / joined for joined, took in pairs)
        yield {"name": "the match", "s": median(took for _, took in pairs), "ratio": ratio}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.worker:
        read(options.worker)
        return
    with prepared() as ground, TemporaryDirectory() as folder:
        for row in run(ground, options.lines, options.rounds, Path(folder)):
            if options.json:
                print(json.dumps(row))
                continue
            more = f"  {row['mb']} MB" if "mb" in row else ""
            more += f"  {row['ratio']:.2f} times the join" if "ratio" in row else ""
            print(f"{row['name']:20} {row['s']:7.2f} s {options.lines / row['s']:12,.0f} lines/s{more}", flush=True)


if __name__ == "__main__":
    main()
