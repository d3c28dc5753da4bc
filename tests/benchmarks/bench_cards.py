"""Taking over cards with their balances: `python -m tests.benchmarks.bench_cards [--cards N]`.

One worker on both cores, the whole path of `flask coalition import-cards`: parse, hash, enrol, bind, open the balance.
Prints cards a second, CPU and peak memory; the same file again (all replays); and ends with the laws.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coalition import purchases
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.laws import laws, offending
from coalition.ports import FileStore
from tests.benchmarks import house
from tests.benchmarks.ground import ROOT, prepared


def main() -> None:
    """Measure a first and a second passage of the same file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=100_000)
    cards = parser.parse_args().cards
    with TemporaryDirectory() as folder, prepared() as ground:
        ground.fresh("ours")
        settings = house.environment(ground, Path(folder) / "files")
        with house.application(settings):
            (shop,) = house.found([["S1"]], [])
            for name in ("first", "again"):
                _open(shop, cards)
                told = _work(settings)
                rate = cards / told["wall_s"]
                print(f"{name}: {rate:,.0f} cards/s, client {told['cpu_s']:.1f} s CPU, peak {told['peak_mb']:.0f} MB")
            broken = [law.code for law in laws() if transact(lambda law=law: offending(law))]  # type: ignore[misc]
            print(f"laws broken: {broken}")


def _open(shop: house.Shop, cards: int) -> None:
    """A registry of so many cards, waiting for a worker."""
    lines = (json.dumps(_card(number)) + "\n" for number in range(cards))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cards.ndjson"
        with file.open("w") as out:
            out.writelines(lines)
        with file.open("rb") as stream:
            stored = ports.get(FileStore).put("registries/cards", stream)

    def work() -> None:
        opened = purchases.open_registry(shop.program_id, shop.partner_id, stored, content="cards")
        jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))

    transact(work)


def _card(number: int) -> dict[str, Any]:
    profile = {"first_name": f"Name{number}", "last_name": "Family", "email": f"m{number}@example.org"}
    token = {"kind": "bank_card_token", "value": f"tok{number * 7919:016x}"}
    balance = {"amount": 100 + number % 5000, "currency": "BON", "expires_on": "2027-12-31"}
    return {"external_id": f"C{number}", **token, "profile": profile, "balance": balance}


def _work(settings: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.registry_worker", "work"]
    environment = house.child_environment(settings)
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    main()
