"""Every list of finance leaves as CSV and as XLSX with the rows and the sums of its screen."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask

from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.web import exporting
from settlement import payouts, statements
from tests.coalition.console.conftest import signed_in
from tests.screens import agreeing, unlisted
from tests.settlement.builders import Coalition, on_issue

MAY = dt.date(2026, 5, 5)
OURS = (
    *("settlement", "agreements", "adjustments", "payouts", "accounts", "bank", "closing", "reconciliation"),
    *("reports", "exposure", "proofs", "finance"),
)
# Pages with a table that offer files of their own making, or whose lists have pages of their own.
OTHERS = {
    "finance.statements": "statements.csv and statements.xlsx",
    "finance.overview": "figures of lists that have pages",
    "reports.index": "cards",
}


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    """A closed month with a run of payments."""
    made = Coalition("coral")
    for name in ("A", "B"):
        made.join(name, on_issue("0.01", redeemer_rate=Decimal("0.009"), vat_rate=Decimal("0.21")))
    made.issue(10_000, MAY, {"A": 60, "B": 40})
    made.redeem(9000, MAY, "B")
    made.accrue()
    made.close("2026-05")
    audit.set_origin(audit.Origin("user:1"))
    transact(lambda: statements.enter_rate("EUR", "USD", Decimal("1.0801"), "ECB", None))
    transact(lambda: payouts.prepare(made.program.id, "2026-05"))
    return made


def test_every_list_of_finance_agrees_with_its_files(live: Flask, coalition: Coalition) -> None:
    finance = signed_in(live, "finance@coral.test", "finance")
    names = [name for name in exporting.offered() if name.partition(".")[0] in OURS]

    filled = [name for name in names if agreeing(live, finance, name)]

    assert len(filled) >= 5, filled
    assert unlisted(live, finance, OURS, OTHERS) == []
