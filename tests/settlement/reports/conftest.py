"""The coalition of the design's worked example, in the real ledger, and the question that most tests ask."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from coalition.kernel.clock import start_of_day
from coalition.kernel.db import transact
from settlement import reports
from settlement.reports import Report
from settlement.terms import Prices
from tests.settlement.builders import Coalition

VAT = Decimal("0.20")


def ask(coalition: Coalition, code: str, **args: Any) -> Report:
    """A report on the coalition, made in a transaction of its own."""
    texts = {"program": coalition.program.code, **{name: str(value) for name, value in args.items()}}
    return transact(lambda: reports.build(code, reports.select(texts)))


@pytest.fixture
def example(live: Flask) -> Coalition:
    """A pays on issue, B on redemption, C both; four lots in three months, 1,600 points redeemed in March."""
    coalition = Coalition("coral")
    price = Decimal
    mode = {"vat_rate": VAT}
    coalition.join(
        "A",
        Prices(
            funding_mode="on_issue",
            issue_price=price("0.01"),
            service_price=price("0.0015"),
            breakage_share=price("0.5"),
            **mode,
        ),
    )
    coalition.join(
        "B", Prices(funding_mode="on_redeem", redemption_price=price("0.01"), service_price=price("0.001"), **mode)
    )
    coalition.join(
        "C",
        Prices(
            funding_mode="hybrid",
            issue_price=price("0.006"),
            redemption_price=price("0.004"),
            service_price=price("0.0012"),
            redeemer_rate=price("0.0095"),
            **mode,
        ),
    )
    coalition.join("S", Prices(**mode))
    zone = coalition.program.zone
    for points, on, legs, last in (
        (1000, dt.date(2026, 1, 10), {"A": 100}, dt.date(2090, 12, 31)),
        (600, dt.date(2026, 1, 15), {"B": 100}, dt.date(2090, 7, 31)),
        (800, dt.date(2026, 2, 1), {"C": 100}, dt.date(2091, 1, 31)),
        (500, dt.date(2026, 2, 20), {"A": 60, "C": 40}, dt.date(2090, 8, 31)),
    ):
        coalition.issue(points, on, legs, expires_at=start_of_day(last + dt.timedelta(days=1), zone))
    coalition.redeem(900, dt.date(2026, 3, 5), "C")
    coalition.redeem(700, dt.date(2026, 3, 18))
    coalition.deliver("S", dt.date(2026, 3, 18), 520, 80)
    coalition.accrue()
    return coalition
