"""How an entity is settled is data of its agreement: net in one payment, gross in both directions; at once or later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask

from coalition.kernel.clock import local_date, now
from coalition.kernel.db import fetch_all, transact
from settlement import payouts, statements, terms
from settlement.payouts import Moved, Payment, Run
from settlement.payouts.bank import matching
from settlement.terms import Prices
from tests.bindings import kept
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.builders import MAY, PERIOD, Cashier, Finance, as_owner, bind, work_off

BOTH = Prices(
    funding_mode="on_issue",
    issue_price=Decimal("0.01"),
    redeemer_rate=Decimal("0.009"),
    vat_rate=Decimal("0.21"),
)


@pytest.fixture(autouse=True)
def _bound(live: Flask) -> Iterator[None]:
    with kept(live):
        bind(Cashier())
        yield


def a_period(model: str) -> tuple[Coalition, Finance]:
    """G owes 12.10 for points and is owed 3.27 for those redeemed there."""
    coalition, finance = Coalition("coral"), Finance()
    entity = coalition.join("G", replace(BOTH, model=model))
    coalition.issue(1000, MAY, {"G": 1})
    coalition.redeem(300, MAY, "G")
    coalition.close(PERIOD)
    finance.give_account(entity)
    return coalition, finance


def amounts(run: Run) -> dict[str, int]:
    return {one.direction: one.amount_minor for one in of(run).values()}


def of(run: Run) -> dict[str, Payment]:
    return {one.direction: one for one in transact(lambda: payouts.payments(run.id))}


def state_of(payment: Payment) -> str:
    return transact(lambda: statements.get(payment.statement_id)).state


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("deferred_net", {"in": 883}),
        ("deferred_net_bilateral", {"in": 883}),
        ("deferred_gross", {"in": 1210, "out": 327}),
        ("immediate_gross", {"in": 1210, "out": 327}),
    ],
)
def test_what_is_gross_is_paid_both_ways_and_what_is_net_in_one(
    live: Flask, model: str, expected: dict[str, int]
) -> None:
    coalition, finance = a_period(model)

    run = finance.committed(coalition)

    assert amounts(run) == expected
    assert broken_laws() == {}
    assert transact(lambda: payouts.payable_periods(coalition.program.id, None, 5)).items == []


@pytest.mark.parametrize(("model", "days"), [("deferred_net", 14), ("deferred_gross", 14), ("immediate_gross", 0)])
def test_what_is_immediate_is_due_on_the_day_of_the_run(live: Flask, model: str, days: int) -> None:
    coalition, finance = a_period(model)
    today = local_date(now(), coalition.program.zone)

    run = finance.committed(coalition)

    assert of(run)["in"].due_on == today + dt.timedelta(days=days)
    assert all(one.due_on == today for direction, one in of(run).items() if direction == "out")


def test_a_statement_settled_gross_is_paid_once_both_payments_are(live: Flask) -> None:
    coalition, finance = a_period("deferred_gross")
    run = finance.committed(coalition)
    work_off()

    seen = []
    for direction in ("out", "in"):
        one = of(run)[direction]
        came = Moved(one.amount_minor, "EUR", one.direction, f"bank-{direction}", "bank", MAY)
        transact(lambda one=one, came=came: payouts.record_receipt(one.id, came))
        work_off()
        seen.append((of(run)[direction].state, state_of(one)))

    assert seen == [("settled", "sent"), ("settled", "paid")]
    assert broken_laws() == {}


def test_what_one_direction_left_out_is_taken_by_a_later_run(live: Flask) -> None:
    coalition, finance = a_period("deferred_gross")
    run = finance.committed(coalition)
    as_owner("UPDATE payout_payment SET state = 'dropped' WHERE direction = 'out'")

    [period] = transact(lambda: payouts.payable_periods(coalition.program.id, None, 5)).items
    second = transact(lambda: payouts.prepare(coalition.program.id, PERIOD, supplementary=True))

    assert (period.code, period.first, run.no) == (PERIOD, False, 1)
    assert amounts(second) == {"out": 327}


def test_both_sides_in_another_currency_come_to_the_position_at_the_rate_of_the_close(live: Flask) -> None:
    coalition = Coalition("coral")
    entity = coalition.join("G")
    rate = Decimal("1.08335")
    transact(lambda: statements.enter_rate("EUR", "USD", rate, "ECB", dt.datetime(2026, 6, 1, tzinfo=dt.UTC)))
    gross = replace(BOTH, model="deferred_gross")
    transact(lambda: terms.agree(entity, gross, starts_on=dt.date(2020, 1, 1), currency="USD"))
    coalition.issue(1000, MAY, {"G": 1})
    coalition.redeem(300, MAY, "G")
    closed = coalition.close(PERIOD)

    found = transact(lambda: statements.payables(closed.period.id))

    assert sorted(one.amount_minor for one in found) == [-1311, 354]  # 12.10 and 3.27 at 1.08335; -8.83 is -9.57
    assert {one.currency for one in found} == {"USD"}
    [head] = transact(lambda: fetch_all("SELECT settlement_minor FROM statement WHERE NOT is_operator"))
    assert head.settlement_minor == -957


def test_a_payment_of_one_side_where_the_model_is_net_is_an_offence(live: Flask) -> None:
    coalition, finance = a_period("deferred_net")
    finance.committed(coalition)
    assert broken_laws() == {}

    as_owner("UPDATE payout_payment SET amount_minor = 1210")

    assert "N2" in broken_laws()


def test_the_number_of_a_statement_of_any_days_is_read_whole_from_a_remittance() -> None:
    told = "Settlement 2026-01-15--2026-03-31/CORAL/1, and 2026-05/CORAL/2"

    found = ["/".join(parts) for parts in matching._STATEMENT.findall(told)]

    assert found == ["2026-01-15--2026-03-31/CORAL/1", "2026-05/CORAL/2"]
