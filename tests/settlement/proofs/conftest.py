"""A coalition whose month is closed, and its bundles as files."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel import ports
from coalition.kernel.db import transact
from coalition.ports import FileStore
from settlement import proofs
from settlement.jobs import proving
from settlement.terms import Prices
from tests.settlement.builders import Coalition

MAY, JUNE = dt.date(2026, 5, 5), dt.date(2026, 6, 7)
BOTH = Prices(
    funding_mode="hybrid",
    issue_price=Decimal("0.006"),
    redemption_price=Decimal("0.004"),
    service_price=Decimal("0.0015"),
    redeemer_rate=Decimal("0.0095"),
    vat_rate=Decimal("0.21"),
)


def a_month(coalition: Coalition, day: dt.date = MAY) -> None:
    """Something of everything: issues of shared lots, redemptions, a delivery."""
    for points in (1001, 2002, 3003):
        coalition.issue(points, day, {"A": 60, "B": 40})
    coalition.redeem(3333, day, "B")
    coalition.redeem(77, day)
    coalition.deliver("S", day, 520, 80)


def prove() -> proving.Proven:
    """What the job does."""
    return proving.prove_all(proving.plainly)


def bundle(statement_id: int, folder: Path) -> Path:
    """The stored bundle of a statement, in a file."""
    stored = transact(lambda: proofs.bundle_of(statement_id))
    assert stored is not None
    path = folder / f"{statement_id}.zip"
    with ports.get(FileStore).open(stored.key) as file:
        path.write_bytes(file.read())
    return path


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition("coral")
    coalition.join("A", BOTH)
    coalition.join("B", BOTH)
    coalition.join("S", Prices(vat_rate=Decimal("0.21")))
    a_month(coalition)
    return coalition
