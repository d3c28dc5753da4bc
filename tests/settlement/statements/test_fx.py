"""Rates of exchange: entered with a source, fixed at the close, and never guessed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Invalid
from coalition.kernel.money import to_minor
from settlement import statements, terms
from settlement.statements.fx import convert
from tests.settlement.builders import Coalition, broken_laws, on_issue
from tests.settlement.statements.test_arithmetic_vectors import VECTOR

MAY = dt.date(2026, 5, 5)
END_OF_MAY = dt.datetime(2026, 5, 29, 16, tzinfo=dt.UTC)


def in_dollars(name: str = "A") -> Coalition:
    coalition = Coalition()
    entity = coalition.join(name)
    transact(lambda: terms.agree(entity, on_issue("0.01"), starts_on=dt.date(2020, 1, 1), currency="USD"))
    coalition.issue(1066, MAY, {name: 1})
    return coalition


def enter(rate: str, at: dt.datetime = END_OF_MAY, source: str = "ECB") -> statements.Rate:
    return transact(lambda: statements.enter_rate("EUR", "USD", Decimal(rate), source, at))


def test_vector_position_in_dollars_is_rounded_half_up() -> None:
    party = VECTOR["statements"][0]["parties"]["C"]

    found = convert(to_minor(Decimal(party["position"])), 2, Decimal(VECTOR["fx"]["EURUSD"]))

    assert found == to_minor(Decimal(party["position_usd"]))


@given(st.integers(-(10**15), 10**15), st.decimals("0.0001", "10000", places=6))
def test_what_is_received_and_what_is_paid_are_converted_alike(amount: int, rate: Decimal) -> None:
    assert convert(-amount, 2, rate) == -convert(amount, 2, rate)
    assert abs(convert(amount, 2, rate) - amount * rate) <= Decimal("0.5")


def test_a_period_does_not_close_without_a_rate_and_fixes_the_last_one_when_it_does(live: Flask) -> None:
    coalition = in_dollars()

    with pytest.raises(Conflict, match="fx_rate_missing"):
        coalition.close("2026-05")
    with pytest.raises(Conflict, match="check_unacceptable"):
        transact(lambda: statements.accept(coalition.program.id, "2026-05", "fx_rates", "We shall see."))
    enter("1.07")
    enter("1.085", END_OF_MAY + dt.timedelta(hours=1))
    closed = coalition.close("2026-05")

    stated = transact(lambda: statements.get(closed.statements[0]))
    assert (stated.position_minor, stated.settlement_currency, stated.settlement_minor) == (-1066, "USD", -1157)
    assert (stated.fx_rate, stated.fx_source) == (Decimal("1.085"), "ECB")
    [payable] = transact(lambda: statements.payables(closed.period.id))
    assert (payable.currency, payable.amount_minor) == ("USD", -1157)
    assert broken_laws() == {}


def test_a_rate_older_than_the_period_by_a_month_is_none(live: Flask) -> None:
    coalition = in_dollars()
    enter("1.07", dt.datetime(2026, 4, 1, tzinfo=dt.UTC))

    with pytest.raises(Conflict, match="fx_rate_missing"):
        coalition.close("2026-05")


def test_a_rate_is_entered_once_and_only_if_it_is_one(live: Flask) -> None:
    enter("1.07")

    with pytest.raises(Conflict, match="fx_rate_exists"):
        enter("1.08")
    assert enter("1.08", source="Bank of Latvia").source == "Bank of Latvia"
    for base, quote, rate in (("EUR", "EUR", "1"), ("eur", "USD", "1"), ("EUR", "USD", "0"), ("EUR", "USD", "NaN")):
        with pytest.raises(Invalid):
            transact(lambda b=base, q=quote, r=rate: statements.enter_rate(b, q, Decimal(r), "ECB", END_OF_MAY))
    with pytest.raises(Invalid):
        enter("1.07", clock.now() + dt.timedelta(days=1))
    assert [one.rate for one in transact(statements.rates)] == [Decimal("1.08"), Decimal("1.07")]
