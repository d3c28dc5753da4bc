"""What the state of a program means for purchases as they arrive."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from coalition import programs, purchases
from tests.coalition.programs.builders import in_state, today
from tests.coalition.purchases.builders import Shop, a_hold, a_receipt, a_shop, public_hold


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose member has 500 BON."""
    shop = a_shop()
    shop.record(a_receipt(100_000))
    return shop


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("draft", "program_not_open"),
        ("pilot", "not_in_pilot"),
        ("sunset", "program_closed_to_earning"),
        ("ended", "program_ended"),
    ],
)
def test_a_purchase_is_refused_where_its_member_may_not_earn(shop: Shop, state: programs.State, code: str) -> None:
    in_state(state, shop.program)

    refused, anonymous = shop.record(a_receipt(1_000), a_receipt(1_000, member=None))

    assert isinstance(refused, purchases.Refused)
    assert refused.refusal.code == code
    assert isinstance(anonymous, purchases.Recorded)
    assert shop.available() == 500


def test_a_pilots_member_earns_in_it(shop: Shop) -> None:
    in_state("pilot", shop.program)
    programs.add_pilots(shop.program.id, [shop.member.id])

    (recorded,) = shop.record(a_receipt(1_000))

    assert isinstance(recorded, purchases.Recorded)
    assert shop.available() == 505


def test_a_purchase_known_before_is_answered_as_ever(shop: Shop) -> None:
    receipt = a_receipt(1_000)
    (before,) = shop.record(receipt)
    in_state("ended", shop.program)

    (again,) = shop.record(receipt)

    assert isinstance(before, purchases.Recorded)
    assert isinstance(again, purchases.Recorded)
    assert (again.id, again.replayed) == (before.id, True)


def test_in_the_sunset_points_pay_and_the_rest_earns_nothing(shop: Shop) -> None:
    programs.move(shop.program.id, "sunset", ends_on=today() + dt.timedelta(days=30))
    hold = a_hold(shop, 300)

    (recorded,) = shop.record(a_receipt(1_000, hold_id=public_hold(hold)))

    assert isinstance(recorded, purchases.Recorded), recorded
    assert (recorded.captured, recorded.awards) == ((300, shop.currency.id), ())
    assert shop.available() == 200


def test_while_a_program_is_halted_members_earn_and_do_not_pay_with_points(shop: Shop) -> None:
    hold = a_hold(shop, 300)
    programs.halt(shop.program.id, "law L3 is offended")

    paid, earned = shop.record(a_receipt(1_000, hold_id=public_hold(hold)), a_receipt(1_000))

    assert isinstance(paid, purchases.Refused)
    assert paid.refusal.code == "program_halted"
    assert isinstance(earned, purchases.Recorded)
    assert shop.available() == 205
