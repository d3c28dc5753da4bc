"""What knowing the caller costs: `python -m tests.benchmarks.bench_tokens [--purchases N] [--json]`.

The same purchase over WSGI, in one process, in turns: to an application that believes every caller (the yardstick), to
one that checks the token and remembers it for a second, to one that has to look each token up (no client comes twice in
a second), and to the whole with the count of requests on Valkey. The ratios are of medians; `cpu` is this process,
the median and the least.
"""

from __future__ import annotations

import argparse
import json
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from flask import Flask

from coalition import access
from coalition.access import tokens
from coalition.kernel.config import load
from coalition.kernel.db import db, transact
from coalition.kernel.web import api
from tests.benchmarks import house
from tests.benchmarks.ground import Ground, prepared
from wsgi import create_app

CARDS, GOAL = 500, 1.1
SIDES = ("believed", "checked", "looked_up", "counted")
OFF = {"API_RATE": "off", "TOKEN_RATE": "off", "TOKEN_ADDRESS_RATE": "off"}


class Bench:
    """Three applications on one database, and the four sides of them."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        ground.fresh("ours")
        settings = house.environment(ground, folder / "files")
        with house.application(settings | OFF):
            (shop,) = house.found([["S1"]], [f"9844{number:012}" for number in range(CARDS)])
            self.token = transact(lambda: access.issue_token(shop.client_id, shop.secret, ["purchases:write"])).value
            caller = access.authenticate(self.token)
        plain, whole = create_app(load(settings | OFF)), create_app(load(settings))
        believing = create_app(load(settings | OFF))
        api.check_bearers_with(believing, lambda bearer: caller)
        self.apps = {"believed": believing, "checked": plain, "looked_up": plain, "counted": whole}

    def purchase(self, side: str, number: int) -> tuple[float, float]:
        """Wall and CPU seconds of one."""
        if side == "looked_up":
            tokens._seen.clear()
        body = {
            "external_id": uuid.uuid4().hex,
            "occurred_at": "2026-11-20T09:30:00Z",
            "outlet": "S1",
            "member": {"kind": "card", "value": f"9844{number % CARDS:012}"},
            "currency": "EUR",
            "lines": [_line(no) for no in range(1, 6)],
        }
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": body["external_id"]}
        client = self.apps[side].test_client()
        wall, cpu = time.perf_counter(), time.process_time()
        answer = client.post("/api/v1/purchases", json=body, headers=headers)
        took = time.perf_counter() - wall, time.process_time() - cpu
        assert answer.status_code == 201, answer.text
        return took

    def close(self) -> None:
        """Let go of the database."""
        for app in set(self.apps.values()):
            _let_go(app)


def measure(bench: Bench, purchases: int) -> dict[str, dict[str, float]]:
    """All sides in turns, purchase by purchase."""
    took: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
    for number in range(purchases + 20):
        first = number % len(SIDES)  # whoever comes first pays for what the others find warm
        for side in SIDES[first:] + SIDES[:first]:
            one = bench.purchase(side, number)
            if number >= 20:
                took[side].append(one)
    wall = {side: median(one for one, _ in took[side]) for side in SIDES}
    cpu = {side: median(one for _, one in took[side]) for side in SIDES}
    least = {side: min(one for _, one in took[side]) for side in SIDES}
    return {
        side: {
            "ms": round(wall[side] * 1000, 3),
            "ratio": round(wall[side] / wall["believed"], 3),
            "cpu": round(cpu[side] / cpu["believed"], 3),
            "least": round(least[side] / least["believed"], 3),
        }
        for side in SIDES
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and tell."""
    parser = argparse.ArgumentParser(prog="bench_tokens", description=__doc__)
    parser.add_argument("--purchases", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with prepared() as ground, TemporaryDirectory() as folder:
        bench = Bench(ground, Path(folder))
        told = measure(bench, chosen.purchases)
        bench.close()
    if chosen.json:
        print(json.dumps(told))
        return
    for side, one in told.items():
        cpu = f"by CPU {one['cpu']}, least {one['least']}"
        print(f"{side:<10}{one['ms']:>8} ms  {one['ratio']} of the yardstick, {cpu} (goal {GOAL})")


def _line(no: int) -> dict[str, object]:
    return {"no": no, "sku": f"SKU{no}", "name": "Milk 1 l", "qty_m": 1000, "price": 1000, "amount": 1000}


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    main()
