"""Transfers and conversions: what leaves one wallet arrives in the other, with its funding and its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from coalition import ledger, members, partners, programs, wallets
from coalition.kernel import clock
from coalition.kernel.db import fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound, Refusal
from coalition.wallets import Done, Reversal
from coalition.wallets.rates import convertible
from tests.coalition.wallets.builders import World, a_world, another_member, assert_laws_hold, become_family, miles


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A member with 1,000 points."""
    yield transact(a_world)
    assert_laws_hold()


@pytest.fixture
def relative(world: World) -> int:
    """Another member of the same family."""

    def work() -> int:
        other = another_member(world.program, world.shop)
        become_family(world.program, world.member_id, other)
        return other

    return transact(work)


def _lots(world: World, member_id: int, currency: programs.Currency | None = None) -> list[ledger.Lot]:
    return transact(lambda: ledger.lots(world.wallet(member_id, currency)))


def test_a_transfer_keeps_funding_age_and_end_of_every_lot(world: World, relative: int) -> None:
    charity = transact(lambda: partners.entities_of(world.charity.id)[0].id)
    transact(lambda: world.give(300, days=30, legs=(charity, world.airline.id)))
    before = _lots(world, world.member_id)

    deed, replayed = transact(lambda: wallets.transfer(world.spend(500), relative))

    arrived = _lots(world, relative)
    assert (deed.amount, deed.arrived, deed.to_member_id, replayed) == (-500, 500, relative, False)
    assert [(lot.amount, lot.expires_at) for lot in arrived] == [
        (300, before[0].expires_at),
        (200, before[1].expires_at),
    ]
    assert {party for party, _ in arrived[0].legs} == {charity, world.airline.id}
    assert (world.balance().available, world.balance(relative).available) == (800, 500)


def test_the_same_transfer_again_is_a_replay_and_another_content_a_conflict(world: World, relative: int) -> None:
    first, _ = transact(lambda: wallets.transfer(world.spend(300, "T-1"), relative))

    again = transact(lambda: wallets.transfer(world.spend(300, "T-1"), relative))
    with pytest.raises(Conflict, match="external_id_conflict"):
        transact(lambda: wallets.transfer(world.spend(301, "T-1"), relative))

    assert again == (first, True)
    assert world.balance(relative).available == 300


def test_points_go_to_the_family_only_and_never_to_oneself(world: World, relative: int) -> None:
    stranger = transact(lambda: another_member(world.program, world.shop))

    with pytest.raises(Conflict, match="not_in_family"):
        transact(lambda: wallets.transfer(world.spend(10), stranger))
    with pytest.raises(Invalid, match="same_member"):
        transact(lambda: wallets.transfer(world.spend(10), world.member_id))
    with pytest.raises(Conflict, match="insufficient_points"):
        transact(lambda: wallets.transfer(world.spend(1001), relative))


def test_points_that_stay_with_their_member_are_not_transferred(world: World, relative: int) -> None:
    transact(lambda: programs.change_currency(world.currency.id, transferable=False))

    with pytest.raises(Invalid, match="currency_not_transferable"):
        transact(lambda: wallets.transfer(world.spend(10), relative))


def test_points_of_a_promo_account_do_not_move(world: World, relative: int) -> None:
    names = {"name_en": "Coffee only", "name_ru": "Только кофе"}
    promo = transact(lambda: programs.open_promo_account(world.currency.id, "coffee", **names))
    transact(lambda: world.give(500, restriction_id=promo.id))

    with pytest.raises(Conflict, match="insufficient_points") as refused:
        transact(lambda: wallets.transfer(world.spend(1001), relative))

    assert refused.value.extra == {"available": 1000}


def test_a_conversion_is_rounded_down_and_takes_no_more_than_its_result_needs(world: World) -> None:
    mil = transact(lambda: miles(world, Decimal("0.25")))

    deed, _ = transact(lambda: wallets.convert(world.spend(303), mil))

    assert (deed.amount, deed.arrived, deed.rate) == (-300, 75, Decimal("0.25"))
    assert (world.balance().available, world.balance(currency=mil).available) == (700, 75)
    assert _lots(world, world.member_id, mil)[0].expires_at == _lots(world, world.member_id)[0].expires_at


def test_a_conversion_is_at_the_rate_of_the_day(world: World) -> None:
    mil = transact(lambda: miles(world, Decimal("0.25")))
    tomorrow = clock.local_date(clock.now(), world.program.zone) + dt.timedelta(days=1)
    transact(lambda: programs.set_rate(world.currency.id, mil.id, Decimal(9), since=tomorrow))

    deed, _ = transact(lambda: wallets.convert(world.spend(100, "C-1"), mil))
    again, replayed = transact(lambda: wallets.convert(world.spend(100, "C-1"), mil))

    assert (deed.arrived, again, replayed) == (25, deed, True)


def test_what_comes_to_nothing_has_no_rate_or_is_no_change_is_refused(world: World) -> None:
    mil = transact(lambda: miles(world, Decimal("0.25")))

    with pytest.raises(Invalid, match="too_few_to_exchange"):
        transact(lambda: wallets.convert(world.spend(3), mil))
    with pytest.raises(Invalid, match="same_currency"):
        transact(lambda: wallets.convert(world.spend(100), world.currency))
    with pytest.raises(Conflict, match="no_rate"):
        transact(lambda: wallets.convert(world.spend(100, currency=mil), world.currency))
    with pytest.raises(Conflict, match="insufficient_points"):
        transact(lambda: wallets.convert(world.spend(1004), mil))


def test_points_without_an_end_get_the_end_of_the_new_currency(world: World) -> None:
    transact(lambda: programs.change_currency(world.currency.id, expiry="never", expiry_n=None))
    mil = transact(lambda: miles(world, Decimal(1), expiry="days", expiry_n=10))
    currency = transact(lambda: programs.currency_by_id(world.currency.id))

    transact(lambda: wallets.convert(world.spend(100, currency=currency), mil))

    (lot,) = _lots(world, world.member_id, mil)
    assert lot.expires_at is not None
    assert lot.expires_at < clock.now() + dt.timedelta(days=12)


def _reversal(world: World, deed: wallets.Deed, side: str, key: str = "R-1") -> Reversal:
    there = side == "there"
    owner, account = (deed.to_member_id, deed.to_account_id) if there else (deed.member_id, deed.account_id)
    entry = deed.to_entry_id if there else deed.entry_id
    assert owner is not None and account is not None and entry is not None
    return Reversal(world.program.id, owner, account, entry, key, "error", "The wrong relative.")


@pytest.mark.parametrize("side", ["here", "there"])
def test_a_transfer_is_undone_from_either_side_once(world: World, relative: int, side: str) -> None:
    deed, _ = transact(lambda: wallets.transfer(world.spend(300), relative))

    done = transact(lambda: wallets.reverse(_reversal(world, deed, side)))
    with pytest.raises(Conflict, match="already_reversed"):
        transact(lambda: wallets.reverse(_reversal(world, deed, "here", "R-2")))
    with pytest.raises(Conflict, match="already_reversed"):
        transact(lambda: wallets.reverse(_reversal(world, deed, "there", "R-2")))

    assert isinstance(done, Done)
    assert (done.deed.amount, done.deed.arrived, done.deed.member_id) == (-300, 300, relative)
    assert (world.balance().available, world.balance(relative).available) == (1000, 0)


def test_a_conversion_is_undone_to_the_last_unit_unless_it_is_spent(world: World) -> None:
    mil = transact(lambda: miles(world, Decimal("0.3")))
    deed, _ = transact(lambda: wallets.convert(world.spend(100), mil))
    second, _ = transact(lambda: wallets.convert(world.spend(10), mil))

    transact(lambda: wallets.reverse(_reversal(world, deed, "here")))
    transact(lambda: wallets.donate(world.spend(1, currency=mil), "greenfund"))
    with pytest.raises(Conflict, match="insufficient_points"):
        transact(lambda: wallets.reverse(_reversal(world, second, "here", "R-2")))

    assert (world.balance().available, world.balance(currency=mil).available) == (990, 2)


def test_a_row_on_a_wallet_of_somebody_else_is_not_found(world: World, relative: int) -> None:
    deed, _ = transact(lambda: wallets.transfer(world.spend(300), relative))
    wanted = _reversal(world, deed, "there")
    stolen = Reversal(world.program.id, world.member_id, wanted.account_id, wanted.entry_id, "R", "error", "x")

    with pytest.raises(NotFound):
        transact(lambda: wallets.reverse(stolen))


def test_a_halted_program_moves_nothing(world: World, relative: int) -> None:
    mil = transact(lambda: miles(world, Decimal(1)))
    transact(lambda: programs.halt(world.program.id, "A law is offended."))

    for way in (
        lambda: wallets.transfer(world.spend(10), relative),
        lambda: wallets.convert(world.spend(10), mil),
        lambda: wallets.donate(world.spend(10), "greenfund"),
        lambda: world.exchange(10),
    ):
        with pytest.raises(Refusal, match="program_halted"):
            transact(way)


def test_what_only_moved_cancels_out_for_those_who_settle(world: World, relative: int) -> None:
    transact(lambda: wallets.transfer(world.spend(300), relative))

    row = fetch_one("SELECT coalesce(sum(points), 0) AS n FROM ledger_movements WHERE counter_kind IN (7, 8)")
    assert row.n == 0
    assert members.same_family(world.member_id, relative)


@given(amount=st.integers(1, 10**12), rate=st.decimals("0.000000001", "1000000", places=9))
def test_converting_takes_the_least_that_gives_the_same_result(amount: int, rate: Decimal) -> None:
    taken, result = convertible(amount, rate)

    assert result <= taken * rate
    assert taken <= amount
    assert result == int(amount * rate)
    assert result == 0 or (taken - 1) * rate < result


def test_a_reversed_transfer_comes_back_to_who_the_member_is_today(world: World, relative: int) -> None:
    deed, _ = transact(lambda: wallets.transfer(world.spend(300), relative))
    today = transact(lambda: another_member(world.program, world.shop))
    transact(lambda: members.merge(world.program.id, world.member_id, today, reason="One person."))

    done = transact(lambda: wallets.reverse(_undoing(world, relative, deed)))

    assert isinstance(done, wallets.Done)
    assert done.deed.to_member_id == today
    assert (world.balance().available, world.balance(today).available, world.balance(relative).available) == (
        0,
        1000,
        0,
    )


def test_a_transfer_between_members_who_are_one_today_is_not_reversed(world: World, relative: int) -> None:
    deed, _ = transact(lambda: wallets.transfer(world.spend(300), relative))
    transact(lambda: members.merge(world.program.id, world.member_id, relative, reason="One person."))

    with pytest.raises(Conflict, match="not_reversible"):
        transact(lambda: wallets.reverse(_undoing(world, relative, deed)))


def _undoing(world: World, member_id: int, deed: wallets.Deed) -> wallets.Reversal:
    there = (deed.to_account_id or 0, deed.to_entry_id or 0)
    return wallets.Reversal(world.program.id, member_id, *there, "R-1", "error", "Wrong member.")
