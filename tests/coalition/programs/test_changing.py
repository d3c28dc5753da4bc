"""Changing policies: what is refused, what is audited, and that points keep the dates they were born with."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from coalition import ledger, programs
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid
from coalition.kernel.laws import laws, offending
from tests.builders import a_program
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, a_receipt, a_shop

CARDS = (CARD, "77770001")


def test_a_change_is_seen_at_once_and_audited_with_both_values(app: Flask) -> None:
    currency = programs.main_currency(a_program().id)

    changed = programs.change_currency(currency.id, expiry="days", expiry_n=90, spend_group_bp={"tobacco": 0})

    assert (changed.expiry, changed.expiry_n, changed.spend_group_bp) == ("days", 90, {"tobacco": 0})
    assert programs.currency_by_id(currency.id) == changed
    (row,) = fetch_all("SELECT details FROM audit WHERE action = 'currency.change'")
    assert row.details["was"] == {"expiry": "month_end", "expiry_n": 12, "spend_group_bp": {}}
    assert row.details["now"] == {"expiry": "days", "expiry_n": 90, "spend_group_bp": {"tobacco": 0}}


def test_what_is_already_so_is_no_change(app: Flask) -> None:
    program = a_program()

    programs.change(program.id, return_policy=program.return_policy)

    assert fetch_all("SELECT FROM audit WHERE action = 'program.change'") == []


def test_a_program_takes_its_policies(app: Flask) -> None:
    program = a_program()

    changed = programs.change(program.id, return_policy="arrears", accept_late_days=30, proof_policy="spend")

    assert (changed.return_policy, changed.accept_late_days, changed.proof_policy) == ("arrears", 30, "spend")


@pytest.mark.parametrize(
    ("policies", "pointer"),
    [
        ({"expiry": "days", "expiry_n": None}, "/expiry_n"),
        ({"expiry": "never"}, "/expiry_n"),
        ({"expiry": "inactivity", "expiry_n": None}, "/expiry_n"),
        ({"expiry": "month_end", "expiry_n": 121}, "/expiry_n"),
        ({"expiry": "sometimes"}, "/expiry"),
        ({"expiry": "days", "expiry_n": 14, "activation_days": 14}, "/activation_days"),
        ({"kind": "tier"}, "/spendable"),
        ({"attribution": "lifo"}, "/attribution"),
        ({"spend_step": 0}, "/spend_step"),
        ({"spend_share_bp": True}, "/spend_share_bp"),
        ({"spend_group_bp": {"wine": 10_001}}, "/spend_group_bp"),
        ({"debt_floor": -1}, "/debt_floor"),
        ({"spend_min": 100, "spend_day_max": 99}, "/spend_day_max"),
        ({"spend_min": 100, "spend_step": 30, "spend_day_max": 119}, "/spend_day_max"),
        ({"spend_step": 10, "spend_day_max": 9}, "/spend_day_max"),
        ({"name_ru": " "}, "/name_ru"),
    ],
)
def test_unsound_policies_are_refused_with_their_field(app: Flask, policies: dict[str, Any], pointer: str) -> None:
    currency = programs.main_currency(a_program().id)

    with pytest.raises(Invalid) as refusal:
        programs.change_currency(currency.id, **policies)

    assert refusal.value.code == "policy_unsound"
    assert [error.pointer for error in refusal.value.errors] == [pointer]
    assert programs.currency_by_id(currency.id) == currency


@pytest.mark.parametrize("most", [0, 120, None])
def test_a_day_may_have_room_for_what_can_be_spent_at_once_or_for_nothing(app: Flask, most: int | None) -> None:
    currency = programs.main_currency(a_program().id)

    changed = programs.change_currency(currency.id, spend_min=100, spend_step=30, spend_day_max=most)

    assert changed.spend_day_max == most


def test_tier_points_are_born_unspendable_and_stay_with_who_earned_them(app: Flask) -> None:
    program = a_program()

    tier = programs.add_currency(
        program.id, "TIER", name_en="tier points", name_ru="статусные баллы", face_minor=Decimal(1), kind="tier"
    )

    assert (tier.spendable, tier.transferable) == (False, False)


def test_decimals_never_change_once_points_exist(app: Flask) -> None:
    shop = a_shop()
    assert programs.change_currency(shop.currency.id, decimals=2).decimals == 2
    shop.record(a_receipt())

    with pytest.raises(Conflict) as refusal:
        programs.change_currency(shop.currency.id, decimals=0)

    assert refusal.value.code == "currency_in_use"


def test_the_next_purchase_gets_the_new_dates_and_the_last_keeps_its_own(app: Flask) -> None:
    shop, at = a_shop(), clock.now()
    zone, day = shop.program.zone, clock.local_date(at, shop.program.zone)
    (before,) = shop.record(a_receipt(occurred_at=at.isoformat()))

    transact(lambda: programs.change_currency(shop.currency.id, expiry="days", expiry_n=30, activation_days=14))
    (after,) = shop.record(a_receipt(occurred_at=at.isoformat()))

    rows = fetch_all("SELECT active_at, expires_at FROM entry ORDER BY id")
    last = [clock.end_of_month(clock.add_months(day, 12)), day + dt.timedelta(days=30)]
    assert [row.expires_at for row in rows] == [clock.end_of_last_day(one, zone) for one in last]
    assert rows[1].active_at == clock.start_of_day(day + dt.timedelta(days=14), zone)
    assert before.awards[0].available_at < after.awards[0].available_at == rows[1].active_at


def test_older_points_end_by_a_new_inactivity_once_their_wallet_has_moved(app: Flask) -> None:
    shop, at = a_shop(), clock.now().isoformat()
    transact(lambda: programs.change_currency(shop.currency.id, expiry="never", expiry_n=None))
    transact(lambda: shop.record(a_receipt(1000, occurred_at=at)))

    transact(lambda: programs.change_currency(shop.currency.id, expiry="inactivity", expiry_n=12))
    still = fetch_all("SELECT idle_at FROM wallet")
    transact(lambda: shop.record(a_receipt(2000, occurred_at=at)))
    moved = ledger.balances(shop.program.id, shop.member.id)
    execute("UPDATE wallet SET idle_at = now() - interval '1 s'")

    end = programs.birth(programs.currency_by_id(shop.currency.id), clock.now(), shop.program.zone).idle_at
    assert [row.idle_at for row in still] == [None]
    assert [(one.available, one.next_expirations) for one in moved] == [(15, ((15, end),))]
    assert shop.available() == 0


def test_points_that_end_by_inactivity_no_longer_do_not_take_the_next_ones_with_them(app: Flask) -> None:
    shop, idle = a_shop(), {"expiry": "inactivity", "expiry_n": 12}
    mine, theirs = (
        {"occurred_at": clock.now().isoformat(), "member": {"kind": "card", "value": card}} for card in CARDS
    )
    other = transact(lambda: a_member(shop.program, shop.partner, card=CARDS[1]))
    transact(lambda: programs.change_currency(shop.currency.id, **idle))
    transact(lambda: shop.record(a_receipt(1000, **mine), a_receipt(1000, **theirs)))
    transact(
        lambda: execute(
            "UPDATE wallet SET idle_at = now() - interval '1 s' WHERE account_id = ("
            "SELECT id FROM account WHERE kind = 1 AND owner = :id)",
            {"id": other.id},
        )
    )

    transact(lambda: programs.change_currency(shop.currency.id, expiry="days", expiry_n=30))
    transact(lambda: shop.record(a_receipt(2000, **mine), a_receipt(2000, **theirs)))

    (kept,), (lessened,) = (ledger.balances(shop.program.id, one.id) for one in (shop.member, other))
    assert (kept.available, lessened.available) == (15, 10), "5 of the other's had ended before"
    assert [[amount for amount, _ in one.next_expirations] for one in (kept, lessened)] == [[10], [10]]
    assert [law.code for law in laws() if offending(law)] == []
