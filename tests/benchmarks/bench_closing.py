"""Closing a month: `python -m tests.benchmarks.bench_closing [--movements N] [--rounds N] [--json]`.

1. Accruals of all movements of the ledger posted, beside a bare INSERT ... SELECT of as many rows into a table with the
same columns, checks and indexes. 2. The month closed, its accruals being posted: beside the one bare SQL aggregate over
the same accruals. 3. The same for a tenth of the movements: what grows. Each round begins on a fresh database.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from coalition.kernel.db import transact
from settlement import accruals, statements
from tests.benchmarks import house, settling
from tests.benchmarks.ground import Ground, prepared

PERIOD = "2026-01"
GOAL_CLOSE, GOAL_POST, GOAL_GROWTH, GOAL_MB = 3.0, 0.3, 12.0, 300
# The grouping that any statement needs, and nothing else.
AGGREGATE = """
SELECT kind, currency_id, funder_id, agreement_id, funding_price, service_price, redeemer_id, redeemer_agreement_id,
       redeemer_rate, sum(points) FROM accrual WHERE period_id = {period} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"""
COPY = "INSERT INTO bare SELECT * FROM accrual"


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds that one size took, both sides, and the peak memory of our process."""

    movements: int
    post_s: float
    insert_s: float
    close_s: float
    aggregate_s: float
    peak_mb: float


def settle(ground: Ground, movements: int) -> Run:
    """One size, from an empty database on."""
    ground.fresh("ours")
    with TemporaryDirectory() as folder, house.application(house.environment(ground, Path(folder))):
        filled = settling.fill(ground, movements)
        with settling.peak_mb() as peak:
            post_s = settling.timed(lambda: transact(lambda: accruals.accrue(filled.program_id)))
        insert_s = _bare_insert(ground)
        period = transact(lambda: accruals.find_period(filled.program_id, PERIOD))
        aggregate_s = min(_aggregate(ground, period.id) for _ in range(3))
        with settling.peak_mb() as later:
            close_s = settling.timed(lambda: transact(lambda: statements.close(filled.program_id, PERIOD)))
        return Run(filled.movements, post_s, insert_s, close_s, aggregate_s, max(peak[0], later[0]))


def _bare_insert(ground: Ground) -> float:
    with ground.connect() as connection:
        connection.execute("CREATE TABLE bare (LIKE accrual INCLUDING ALL)")
        connection.execute("VACUUM ANALYZE accrual")
        connection.execute("CHECKPOINT")
        took = settling.timed(lambda: connection.execute(COPY))
        connection.execute("DROP TABLE bare")
        return took


def _aggregate(ground: Ground, period_id: int) -> float:
    with ground.connect() as connection:
        return settling.timed(lambda: connection.execute(AGGREGATE.format(period=period_id).encode()).fetchall())


def measure(ground: Ground, movements: int, rounds: int) -> dict[str, object]:
    """Every round in both sizes, and the median of the ratios."""
    pairs = [(settle(ground, movements // 10), settle(ground, movements)) for _ in range(rounds)]
    large = [run for _, run in pairs]
    return {
        "movements": large[-1].movements,
        "close / aggregate": median(run.close_s / run.aggregate_s for run in large),
        "goal close": GOAL_CLOSE,
        "post / insert": median(run.insert_s / run.post_s for run in large),
        "goal post": GOAL_POST,
        "growth post": median(run.post_s / small.post_s for small, run in pairs),
        "growth close": median(run.close_s / small.close_s for small, run in pairs),
        "goal growth": GOAL_GROWTH,
        "peak MB": max(run.peak_mb for run in large),
        "goal MB": GOAL_MB,
        "small": asdict(pairs[-1][0]),
        "large": asdict(large[-1]),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--movements", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with prepared() as ground:
        told = measure(ground, options.movements, options.rounds)
    if options.json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        text = value if not isinstance(value, dict) else ", ".join(f"{key} {part:,.2f}" for key, part in value.items())
        print(f"{name:<20}{text:>10,.2f}" if isinstance(text, float) else f"{name:<20}{text:>10}")


if __name__ == "__main__":
    main()
