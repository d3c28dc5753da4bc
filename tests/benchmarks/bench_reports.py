"""Finance's reports over a year: `python -m tests.benchmarks.bench_reports [--movements N] [--json]`.

Each report beside one bare aggregate over the ledger's movements, which none can do without. What takes longer than the
eight seconds of a page's patience is made as a file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from coalition.kernel.db import fetch_all, transact
from settlement import accruals, reports
from tests.benchmarks import house, settling
from tests.benchmarks.ground import Ground, prepared

MOVEMENTS, DAYS = 1_000_000, 335
ARGS = {"program": "bench", "since": "2026-01", "until": "2026-12", "on": "2026-12-31"}
AGGREGATE = "SELECT kind, party_id, sum(points) FROM ledger_movements GROUP BY 1, 2"


def measure(ground: Ground, movements: int) -> dict[str, float]:
    """Seconds of each report, and of the bare aggregate."""
    ground.fresh("ours")
    with TemporaryDirectory() as folder, house.application(house.environment(ground, Path(folder))):
        filled = settling.fill(ground, movements, days=DAYS)
        transact(lambda: accruals.accrue(filled.program_id))
        found = {"bare": settling.timed(lambda: transact(lambda: fetch_all(AGGREGATE)))}
        for code in reports.KINDS:
            args = ARGS if code != "origins" else {**ARGS, "since": "2026-11"}
            found[code] = settling.timed(lambda code=code, args=args: _make(code, args))  # type: ignore[misc]
        return {name: round(seconds, 2) for name, seconds in found.items()}


def _make(code: str, args: dict[str, str]) -> reports.Report:
    return transact(lambda: reports.build(code, reports.select(args)))


def main(args: Sequence[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--movements", type=int, default=MOVEMENTS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(args)
    with prepared() as ground:
        found = measure(ground, given.movements)
    if given.json:
        print(json.dumps(found))
        return
    for name, seconds in found.items():
        print(f"{name:10} {seconds:8.2f} s  {seconds / max(found['bare'], 0.01):6.2f} x")


if __name__ == "__main__":
    main()
