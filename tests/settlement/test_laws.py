"""The laws of settlement find what offends them: each is broken by its tables' owner, and reports it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask
from psycopg import connect

from coalition.kernel.config import current
from settlement.terms import Prices
from tests.settlement.builders import Coalition, broken_laws

MAY = dt.date(2026, 5, 5)
OFFENCES = {
    "P1": "UPDATE statement SET position_minor = position_minor + 1 WHERE NOT is_operator",
    "P2": "DELETE FROM accrual WHERE kind = 'redeem'",
    "P2b": "UPDATE supply_accrual SET cost_minor = cost_minor + 1",
    "P2c": "UPDATE counted_points SET points = points + 1 WHERE kind = 'redeem'",
    "P3": "UPDATE statement SET position_minor = position_minor - 1 WHERE is_operator",
    "P4": "UPDATE accrual SET xid = '99999999999'",
    "P4a": "UPDATE accrual SET booked_on = booked_on + 1",
    "P7": "UPDATE statement_line SET net_minor = net_minor + 1 WHERE unit_price IS NOT NULL",
    "P8": "UPDATE accrual SET funding_price = funding_price * 2",
    "P9": "UPDATE statement_document SET sign = -sign WHERE mirrors_id IS NOT NULL",
    "P10": "GRANT DELETE ON accrual TO coalition_app",
    "P11": "UPDATE statement_line SET code = 'adjustment' WHERE code = 'delivery'",
    "P12": "UPDATE accrual SET adjusts = true WHERE kind = 'redeem'",
    "P13": "UPDATE statement SET settlement_minor = settlement_minor + 1 WHERE NOT is_operator",
    "P14": "DELETE FROM settlement_closure",
    "P15": "UPDATE statement_event SET state = 'paid'",
    "P72": "UPDATE agreement SET issue_price = issue_price * 2 WHERE issue_price > 0",
    "P73": "GRANT UPDATE (issue_price) ON agreement TO coalition_app",
    "P74": "UPDATE agreement SET reversal_order = 'pro_rata'",
}


@pytest.fixture
def closed(live: Flask) -> Coalition:
    coalition = Coalition()
    prices = Prices(
        funding_mode="on_issue",
        issue_price=Decimal("0.010001"),
        redeemer_rate=Decimal("0.009"),
        vat_rate=Decimal("0.21"),
    )
    coalition.join("A", prices)
    coalition.join("S", Prices(vat_rate=Decimal("0.21")))
    coalition.issue(12_345, MAY, {"A": 1})
    coalition.redeem(678, MAY, "A")
    coalition.deliver("S", MAY, 520, 80)
    coalition.close("2026-05")
    return coalition


def test_no_law_is_broken_by_a_close(closed: Coalition) -> None:
    assert broken_laws() == {}


@pytest.mark.parametrize("code", OFFENCES)
def test_an_offence_is_found(closed: Coalition, code: str) -> None:
    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(OFFENCES[code].encode())

    assert code in broken_laws()
