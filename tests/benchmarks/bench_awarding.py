"""What promotions cost a purchase: `python -m tests.benchmarks.bench_awarding [--batches N] [--receipts N] [--json]`.

The same receipts of 20 lines are recorded in batches without a ruleset and under rulesets of 10, 200 and 1,000
promotions of which three give something, within limits. Ratios of one run, the order of the sides turned every round.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from coalition import partners, promotions, purchases
from coalition.kernel.db import transact
from tests.benchmarks import house
from tests.benchmarks.ground import prepared
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

SIDES = (0, 10, 200, 1_000)
LINES = 20
LIMITS = [
    {"metric": "units", "per": "member", "period": "month", "value": 10**12},
    {"metric": "units", "per": "promotion", "period": "life", "value": 10**12},
]


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=5)
    parser.add_argument("--receipts", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    with TemporaryDirectory() as folder, prepared() as ground:
        ground.fresh("ours")
        with house.application(house.environment(ground, Path(folder) / "files")):
            shops = {side: transact(lambda side=side: _shop(side)) for side in SIDES}  # type: ignore[misc]
            for shop in shops.values():
                _recorded(shop, asked.receipts)
            rates: dict[int, list[float]] = {side: [] for side in SIDES}
            for turn in range(asked.batches):
                for side in SIDES[:: 1 if turn % 2 else -1]:
                    rates[side].append(_recorded(shops[side], asked.receipts))
    told = {str(side): round(median(found)) for side, found in rates.items()}
    if asked.json:
        print(json.dumps(told))
        return
    for side, rate in told.items():
        print(f"{side:>5} promotions: {rate:,} receipts/s, {rate / told['0']:.2f} of those without any")


def _shop(count: int) -> Shop:
    shop = a_shop()
    partners.classify(shop.partner.id, [partners.Item(f"S{no}", f"food/c{no % 7}") for no in range(1, LINES + 1)])
    if count:
        promotions.publish(shop.program.id, [_document(no) for no in range(count)], actor=ACTOR)
    return shop


def _document(no: int) -> dict[str, Any]:
    category = f"c{no}" if no < 3 else f"d{no}"
    when = {"lines": {"where": {"f": "category", "op": "eq", "v": category}, "agg": "count", "op": "gte", "v": 1}}
    where = {"f": "category", "op": "eq", "v": category}
    return a_document(f"p{no}", a_credit("percent", bp=500, where=where), when=when, limits=LIMITS)


def _recorded(shop: Shop, count: int) -> float:
    """Receipts a second of one batch."""
    batch = [a_receipt(*[700] * LINES) for _ in range(count)]
    began = time.perf_counter()
    found = transact(lambda: shop.record(*batch))
    took = time.perf_counter() - began
    assert all(isinstance(one, purchases.Recorded) for one in found)
    return count / took


if __name__ == "__main__":
    main()
