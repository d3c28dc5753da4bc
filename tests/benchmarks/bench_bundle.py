"""Proving a month: `python -m tests.benchmarks.bench_bundle [--lines N] [--rounds N] [--json]`.

Two partners share a month of so many lines each. 1. All of them are appended to the tree, which is signed. 2. The
bundle of the larger statement is written, stored and its hash kept, as the job does it: beside COPY of its lines out of
a table that holds nothing but them (the limit of any export), and beside COPY of the query that finds them. 3. The
verifier recomputes it, in a process of its own. Each round begins on a fresh database.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from coalition.kernel.db import transact
from settlement import accruals, proofs, statements
from settlement.jobs import proving
from settlement.statements import Statement
from tests.benchmarks import house, settling
from tests.benchmarks.ground import ROOT, Ground, prepared

PERIOD = "2026-01"
GOAL, GOAL_MB = 0.2, 300
_LINES_A_MOVEMENT = 0.9
# What an entry is, as rows and columns; the query stays close to that of the bundle, without its JSON.
_LINES = """
SELECT a.movement_id, a.kind, a.occurred_at, a.booked_on, a.external_id, a.currency_id, x.charge, x.agreement_id,
       x.sign * a.points AS points, x.price, x.sign * a.points * x.price AS amount, a.reverses_id
  FROM accrual a CROSS JOIN LATERAL (VALUES
       (CASE a.kind WHEN 'issue' THEN 'issue_funding' ELSE 'redemption_funding' END, a.funder_id, a.agreement_id,
        a.funding_price, -1),
       ('service_fee', a.funder_id, a.agreement_id, a.service_price, -1),
       ('redeemed', a.redeemer_id, a.redeemer_agreement_id, a.redeemer_rate, 1)
       ) x (charge, entity_id, agreement_id, price, sign)
 WHERE a.period_id = {period} AND x.entity_id = {entity} AND x.price <> 0 ORDER BY a.occurred_at, a.movement_id"""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds that one round took for the lines of one statement; the tree took those of both. MB are peaks."""

    lines: int
    leaves: int
    tree_s: float
    bundle_s: float
    copy_s: float
    query_s: float
    verify_s: float
    bundle_mb: float
    verify_mb: float
    file_mb: float


def prove(ground: Ground, lines: int) -> Run:
    """One round, from an empty database on."""
    ground.fresh("ours")
    with TemporaryDirectory() as folder, house.application(house.environment(ground, Path(folder))):
        filled = settling.fill(ground, int(lines / _LINES_A_MOVEMENT), shops_no=2)
        transact(lambda: accruals.accrue(filled.program_id))
        closed = transact(lambda: statements.close(filled.program_id, PERIOD))
        with settling.peak_mb() as early:
            tree_s = settling.timed(lambda: transact(lambda: proofs.append(filled.program_id, closed.period.id)))
        found = max((transact(lambda id=id: proofs.place_of(id)) for id in closed.statements), key=_entries)  # type: ignore[misc]
        assert found is not None
        statement = transact(lambda: statements.get(found.statement_id))
        with ground.connect() as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        with settling.peak_mb() as later:
            bundle_s = settling.timed(lambda: proving.bundle(proving.plainly, statement.id))
        copy_s, query_s = _copied(ground, statement)
        stored = transact(lambda: proofs.bundle_of(statement.id))
        head = transact(lambda: proofs.latest(filled.program_id))
        assert stored is not None and head is not None
        verify_s, verify_mb = _verified(Path(folder) / stored.key)
        took = (tree_s, bundle_s, copy_s, query_s, verify_s)
        return Run(found.entries, head.size, *took, max(early[0], later[0]), verify_mb, stored.size / 2**20)


def _entries(place: proofs.Place | None) -> int:
    return place.entries if place else 0


def _copied(ground: Ground, statement: Statement) -> tuple[float, float]:
    """COPY of the lines out of a table of their own, and of the query that finds them."""
    query = _LINES.format(period=statement.period_id, entity=statement.legal_entity_id)
    with ground.connect() as connection:

        def copied(source: str) -> None:
            with connection.cursor().copy(f"COPY {source} TO STDOUT".encode()) as copy:
                for _ in copy:
                    pass

        query_s = settling.timed(lambda: copied(f"({query})"))
        connection.execute(f"CREATE TABLE bare AS {query}".encode())
        connection.execute("VACUUM ANALYZE bare")
        copy_s = min(settling.timed(lambda: copied("bare")) for _ in range(3))
        connection.execute("DROP TABLE bare")
    return copy_s, query_s


def _verified(file: Path) -> tuple[float, float]:
    """Seconds and peak MB of the verifier in a process of its own."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "settlement.proofs.verifier", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, settling.resident_mb(process.pid))
        time.sleep(0.02)
    if process.returncode:
        raise RuntimeError(f"{file} does not verify")
    return time.perf_counter() - begun, peak


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--lines", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with prepared() as ground:
        runs = [prove(ground, options.lines) for _ in range(options.rounds)]
    told = {
        "COPY / bundle": median(run.copy_s / run.bundle_s for run in runs),
        "query / bundle": median(run.query_s / run.bundle_s for run in runs),
        "goal": GOAL,
        "peak MB": max(run.bundle_mb for run in runs),
        "goal MB": GOAL_MB,
    }
    if options.json:
        print(json.dumps({**told, "runs": [asdict(run) for run in runs]}, indent=2))
        return
    for name, value in {**told, **asdict(runs[-1])}.items():
        print(f"{name:<16}{value:>14,.2f}")


if __name__ == "__main__":
    main()
