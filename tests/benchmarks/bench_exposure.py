"""A hot partner under a limit: `python -m tests.benchmarks.bench_exposure [--purchases N] [--rounds N] [--json]`.

Sixteen tills of one partner over HTTP against gunicorn, as in bench_http, once without a limit and once with one that
is never reached. The two sides alternate, each on a fresh copy of the database; the ratio is the median of the rounds':
of purchases a second, and of the CPU time for one (`cpu`), which a busy machine moves less. Beside it the room alone
(`room`), without HTTP: the share of the limit in a purchase is greatest there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from coalition import partners, purchases
from coalition.kernel.db import transact
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from tests.benchmarks import house
from tests.benchmarks.bench_http import CARDS, READY, Bench
from tests.benchmarks.ground import Ground, prepared
from tests.coalition.purchases.builders import a_receipt

Measured = tuple[float, float]
CAPPED, GOAL = "http_capped", 0.85
ROOM = 400


class Hot:
    """The coalition of bench_http, and the same with a limit on its only partner."""

    def __init__(self, ground: Ground, folder: Path, number: int) -> None:
        self.bench = Bench(ground, folder, number)
        ground.fresh(READY)
        with house.application(self.bench.settings):
            entity = transact(lambda: partners.entities_of(self.bench.shop.partner_id)[0])
            transact(lambda: exposure.set_limit(Limit(entity.id, "credit", "decline", 10**15, 11_500)))
        ground.keep(CAPPED)

    def http(self, template: str) -> Measured:
        """Purchases a second over HTTP, and CPU µs of PostgreSQL and gunicorn for one."""
        run = self.bench.ours(template)
        return run.rate, run.cpu_us

    def room(self, template: str) -> Measured:
        """Purchases a second by one caller of the room, and CPU µs of PostgreSQL and of the caller for one."""
        self.bench.ground.fresh(template)
        with house.application(self.bench.settings):
            for number in range(20):
                self._purchase(number)
            begun, used = time.perf_counter(), self.bench.ground.cpu_s() + time.process_time()
            for number in range(ROOM):
                self._purchase(number)
            took = time.perf_counter() - begun
            return ROOM / took, (self.bench.ground.cpu_s() + time.process_time() - used) / ROOM * 1e6

    def _purchase(self, number: int) -> None:
        member = {"kind": "card", "value": f"9844{number % CARDS:012}"}
        receipt = a_receipt(1_000, 1_000, 3_000, member=member)
        (recorded,) = transact(lambda: purchases.record(self.bench.shop.partner_id, [receipt]))
        assert isinstance(recorded, purchases.Recorded)
        assert recorded.awards


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and tell."""
    parser = argparse.ArgumentParser(prog="bench_exposure", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--purchases", type=int, default=4_800)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with prepared() as ground, TemporaryDirectory() as folder:
        hot = Hot(ground, Path(folder), chosen.purchases)
        told = {}
        for name, side in (("http", hot.http), ("room", hot.room)):
            rounds = [(side(READY), side(CAPPED)) for _ in range(chosen.rounds)]
            told[name] = {
                "free": round(median(free for (free, _), _ in rounds), 1),
                "capped": round(median(capped for _, (capped, _) in rounds), 1),
                "ratio": round(median(capped / free for (free, _), (capped, _) in rounds), 3),
                "free_us": round(median(free for (_, free), _ in rounds)),
                "capped_us": round(median(capped for _, (_, capped) in rounds)),
                "cpu": round(median(free / capped for (_, free), (_, capped) in rounds), 3),
            }
    if chosen.json:
        print(json.dumps(told))
        return
    for name, one in told.items():
        print(f"{name}: {one['free']}/s without a limit, {one['capped']}/s under one: {one['ratio']} (goal {GOAL});")
        print(f"  by CPU {one['free_us']} µs and {one['capped_us']} µs a purchase: {one['cpu']}")


if __name__ == "__main__":
    main()
