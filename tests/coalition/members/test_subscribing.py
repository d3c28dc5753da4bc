"""Subscriptions: paid elsewhere, recorded once, granting while they run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from coalition import members
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.kernel.laws import offending
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_ladder, a_member, a_plan
from tests.coalition.purchases.builders import a_receipt, a_shop

START = dt.datetime(2026, 1, 31, 9, tzinfo=dt.UTC)


@pytest.fixture
def now(app: Flask) -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def anna(now: time_machine.Traveller) -> members.Member:
    """A member of a program with tiers and two plans: one paid, one free that makes silver."""
    program = a_program()
    a_ladder(program)
    members.add_plan(program.id, a_plan())
    members.add_plan(program.id, a_plan(code="taste", price_minor=0, tier="silver", benefits=members.Benefits()))
    return a_member(program, a_partner(program))


def _lawful() -> bool:
    return [law.code for law in members.laws() if offending(law)] == []


def test_a_period_is_paid_once_and_month_ends_do_not_creep(anna: members.Member) -> None:
    first = members.subscribe(anna.program_id, anna.id, "plus", payment="P-1")
    again = members.subscribe(anna.program_id, anna.id, "plus", payment="P-1")
    second = members.renew(anna.program_id, anna.id, payment="P-2")
    assert members.renew(anna.program_id, anna.id, payment="P-2") == second

    assert (first, first.periods) == (again, 1)
    assert first.ends_at == dt.datetime(2026, 2, 28, 22, tzinfo=dt.UTC)  # the 28th counts in full, in Riga
    assert second.ends_at == dt.datetime(2026, 3, 31, 21, tzinfo=dt.UTC)
    assert _lawful()


def test_the_benefits_last_as_long_as_what_was_paid(anna: members.Member, now: time_machine.Traveller) -> None:
    members.subscribe(anna.program_id, anna.id, "plus", payment="P-1")

    assert members.subscription(anna.id) is not None
    assert members.cancel(anna.program_id, anna.id).state == "cancelled"
    assert members.lapse_subscriptions(10) == 0
    now.move_to(dt.datetime(2026, 2, 28, 22, tzinfo=dt.UTC))
    assert members.lapse_subscriptions(10) == 1

    assert members.standing([anna.id])[anna.id].benefits == members.Benefits()
    assert members.subscription(anna.id) is None
    with pytest.raises(NotFound):
        members.renew(anna.program_id, anna.id, payment="P-2")
    assert members.subscribe(anna.program_id, anna.id, "plus", payment="P-2").state == "active"
    assert _lawful()


def test_a_cancelled_subscription_goes_on_when_it_is_renewed(anna: members.Member) -> None:
    members.subscribe(anna.program_id, anna.id, "plus", payment="P-1")
    members.cancel(anna.program_id, anna.id)

    assert members.renew(anna.program_id, anna.id, payment="P-2").state == "active"


def test_a_plan_may_lift_a_member_to_a_tier_while_it_runs(anna: members.Member, now: time_machine.Traveller) -> None:
    members.subscribe(anna.program_id, anna.id, "taste")
    assert members.get(anna.program_id, anna.id).tier == "silver"

    now.move_to(dt.datetime(2026, 2, 28, 22, tzinfo=dt.UTC))
    members.lapse_subscriptions(10)
    members.lapse(10)

    assert members.get(anna.program_id, anna.id).tier == "base"
    changes = fetch_all("SELECT why, to_tier FROM tier_change ORDER BY id")
    assert [tuple(row) for row in changes] == [("subscription", "silver"), ("lapsed", "base")]
    assert _lawful()


def test_what_does_not_fit_is_refused(anna: members.Member) -> None:
    boris = a_member(a_program(), a_partner(a_program()))
    with pytest.raises(Invalid, match="payment_required"):
        members.subscribe(anna.program_id, anna.id, "plus")
    with pytest.raises(Invalid, match="payment_required"):
        members.subscribe(anna.program_id, anna.id, "taste", payment="P-0")
    with pytest.raises(Invalid, match="unknown_plan"):
        members.subscribe(anna.program_id, anna.id, "gold-plated")
    with pytest.raises(NotFound):
        members.subscribe(anna.program_id, boris.id, "taste")

    members.subscribe(anna.program_id, anna.id, "plus", payment="P-1")

    with pytest.raises(Conflict, match="subscription_live"):
        members.subscribe(anna.program_id, anna.id, "plus", payment="P-2")


def test_a_closed_plan_takes_nobody_new_and_keeps_who_has_it(anna: members.Member) -> None:
    members.subscribe(anna.program_id, anna.id, "plus", payment="P-1")
    members.close_plan(anna.program_id, "plus")
    members.renew(anna.program_id, anna.id, payment="P-2")
    members.cancel(anna.program_id, anna.id)

    with pytest.raises(Invalid):
        members.add_plan(anna.program_id, a_plan(code="nothing", benefits=members.Benefits()))
    with pytest.raises(Invalid):
        members.add_plan(anna.program_id, a_plan())


@pytest.mark.usefixtures("session")
def test_a_subscription_that_multiplies_points_does_so_at_the_till() -> None:
    shop = a_shop()
    members.add_plan(shop.program.id, a_plan(code="double", benefits=members.Benefits(earn_x_bp=20_000)))
    shop.record(a_receipt(1_000))
    members.subscribe(shop.program.id, shop.member.id, "double", payment="P-1")

    shop.record(a_receipt(1_000))

    assert shop.available() == 5 + 10
    assert members.standing([shop.member.id])[shop.member.id].subscriptions == ("double",)
