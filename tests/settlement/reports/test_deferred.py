"""Deferred revenue over the real ledger: the worked example to the cent, tied to documents and to the journal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import product

import pytest
from flask import Flask

from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Invalid
from settlement import reports, terms
from settlement.terms import Prices
from tests.settlement.accruals.test_points_taken_back import _give_back
from tests.settlement.builders import Coalition, on_issue
from tests.settlement.reports.conftest import ask

YEAR = {"since": "2026-01", "until": "2026-12"}
EIGHTY = Decimal("0.8")


@pytest.fixture
def expecting(example: Coalition) -> Coalition:
    transact(
        lambda: reports.expect(
            example.program.id, example.currency.id, None, EIGHTY, starts_on=dt.date(2026, 1, 1), note="worked example"
        )
    )
    return example


def test_the_worked_example_is_deferred_to_the_cent_and_every_period_ties(expecting: Coalition) -> None:
    report = ask(expecting, "deferred", **YEAR)

    pools = {row[0]: row for row in report.table("pools").rows}
    assert set(pools) == {"A SIA", "C SIA"}
    assert pools["A SIA"][6:9] == (1300, 1000, 300)
    assert pools["C SIA"][6:9] == (600, 150, 450)

    level = 0
    for _, _, opening, issued, returned, redeemed, breakage, estimate, closing, earned in report.tables[0].rows:
        assert opening == level
        assert earned == redeemed + breakage + estimate
        level = opening + issued - returned - earned
        assert closing == level
    assert level == report.table("pools").totals()[8] == 750
    window = ask(expecting, "deferred", since="2026-03", until="2026-03").facts
    assert (window["opening"], window["earned"], window["closing"]) == (
        Decimal("19.00"),
        Decimal("11.50"),
        Decimal("7.50"),
    )


def test_redeemed_points_that_come_back_after_the_close_are_deferred_again_and_a_higher_estimate_is_caught_up(
    expecting: Coalition,
) -> None:
    for month in ("2026-01", "2026-02", "2026-03"):
        expecting.close(month)
    _give_back(expecting, 900, 300, dt.date(2026, 4, 15))
    expecting.accrue()
    quarter = {"since": "2026-01", "until": "2026-04"}

    april = ask(expecting, "deferred", **quarter)
    a = expecting.entities["A"]
    transact(
        lambda: reports.expect(
            expecting.program.id, expecting.currency.id, a, Decimal("0.85"), starts_on=dt.date(2026, 4, 30), note="more"
        )
    )
    raised, journal = ask(expecting, "deferred", **quarter), ask(expecting, "journal", **quarter)

    assert april.tables[0].rows[3][9] == -225 - 90
    assert [row[7] for row in april.table("pools").rows] == [775, 60]
    assert [row[7] for row in raised.table("pools").rows] == [729, 60]
    assert raised.tables[0].rows[3][7] == -46
    balances = {row[1]: row[4] for row in journal.table("balances").rows}
    assert balances["deferred_points"] == -raised.table("pools").totals()[8]  # type: ignore[operator]
    assert sum(int(str(balance)) for balance in balances.values()) == 0


def test_an_estimate_is_a_share_with_a_reason_and_reaches_into_no_closed_period(expecting: Coalition) -> None:
    program, currency, day = expecting.program.id, expecting.currency.id, dt.date(2026, 5, 1)
    for share, note in ((Decimal("1.1"), "too much"), (EIGHTY, " "), (Decimal("0.12345678"), "too fine")):
        with pytest.raises(Invalid):
            transact(lambda: reports.expect(program, currency, None, share, starts_on=day, note=note))  # noqa: B023
    expecting.close("2026-01")

    with pytest.raises(Conflict, match="period_closed"):
        transact(
            lambda: reports.expect(program, currency, None, EIGHTY, starts_on=dt.date(2026, 1, 31), note="too late")
        )


def test_the_journal_balances_entry_by_entry_and_moves_what_the_roll_forward_says(expecting: Coalition) -> None:
    for role, service in product(("principal", "agent"), ("at_once", "over_life")):
        transact(lambda: reports.adopt(expecting.program.id, role, service, 10, {"deferred_points": "2499"}))  # noqa: B023

        journal, deferred = ask(expecting, "journal", **YEAR), ask(expecting, "deferred", **YEAR)

        sums: dict[object, int] = {}
        for row in journal.tables[0].rows:
            sums[row[1]] = sums.get(row[1], 0) + row[5] - row[6]  # type: ignore[operator]
        assert sums and set(sums.values()) == {0}
        balances = {row[1]: row[4] for row in journal.table("balances").rows}
        assert balances["deferred_points"] == -deferred.table("pools").totals()[8] == -750  # type: ignore[operator]
        assert "2499" in journal.table("balances").column("account")
        assert ("redemption_cost" in balances) == (role == "principal")
        assert balances.get("deferred_service", 0) == -deferred.table("service").rows[-1][4]  # type: ignore[operator]


def test_a_fee_over_life_is_earned_month_by_month_and_closing_changes_no_figure(expecting: Coalition) -> None:
    transact(lambda: reports.adopt(expecting.program.id, "principal", "over_life", 3, {}))
    before = ask(expecting, "deferred", **YEAR)

    for month in ("2026-01", "2026-02", "2026-03"):
        expecting.close(month)

    after = ask(expecting, "deferred", **YEAR)
    assert [row[2:] for row in after.tables[0].rows][:3] == [row[2:] for row in before.tables[0].rows][:3]
    assert after.table("service").rows[:3] == before.table("service").rows[:3]
    fee = after.table("service").rows
    assert [row[2] for row in fee][:3] == [210, 165, 0]
    assert [row[3] for row in fee][:3] == [70, 125, 125]
    assert [row[4] for row in fee][:3] == [140, 180, 55]


def test_of_an_issuer_that_did_not_always_pay_at_issue_only_paid_points_are_in_the_pool(live: Flask) -> None:
    coalition = Coalition("coral")
    entity = coalition.join("A")
    later = Prices(funding_mode="on_redeem", redemption_price=Decimal("0.01"))
    transact(lambda: terms.agree(entity, later, starts_on=dt.date(2025, 1, 1), ends_on=dt.date(2026, 1, 31)))
    transact(lambda: terms.agree(entity, on_issue("0.01"), starts_on=dt.date(2026, 2, 1)))
    coalition.issue(1000, dt.date(2026, 1, 10), {"A": 1})
    coalition.issue(500, dt.date(2026, 2, 10), {"A": 1})
    coalition.redeem(1100, dt.date(2026, 3, 10))
    coalition.accrue()

    [pool] = ask(coalition, "deferred", **YEAR).table("pools").rows

    assert pool[1:5] == (500, 100, 0, 400)
    assert pool[6:9] == (500, 100, 400)
