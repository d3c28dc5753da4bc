"""Presenting, redeeming, reserving, giving back and voiding coupons."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from coalition import members, programs
from coalition.kernel import clock
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.kernel.laws import offending
from coalition.promotions import coupons, holdings
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.coupons.builders import a_batch, codes_of

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class World:
    """A program with two members."""

    program: programs.Program
    anna: members.Member
    boris: members.Member

    def batch(self, code: str = "autumn", **terms: Any) -> tuple[coupons.Batch, list[str]]:
        batch = transact(lambda: a_batch(self.program, code, **terms))
        return batch, codes_of(batch)

    def says(self, *codes: str, member: members.Member | None = None, **more: Any) -> list[str]:
        """What each code opens, or why not."""
        ask = self.ask(*codes, member=member, **more)
        return [one.opens or one.refusal or "" for one in coupons.look(self.program.id, [ask])[0]]

    def ask(
        self,
        *codes: str,
        member: members.Member | None = None,
        at: dt.datetime | None = None,
        receipt: str | None = None,
    ) -> coupons.Ask:
        return coupons.Ask(member.id if member else None, at or clock.now(), codes, receipt)

    def buys(self, purchase: int, *codes: str, member: members.Member | None = None) -> list[str | None]:
        """Redeem what passes; what was refused of it, None for what passed."""

        def work() -> list[str | None]:
            found = coupons.claim(self.program.id, [self.ask(*codes, member=member)])[0]
            who = member.id if member else None
            coupons.redeem([coupons.Use(one, purchase, who) for one in found if one.opens])
            return [one.refusal for one in found]

        return transact(work)


@pytest.fixture
def world(app: Flask) -> World:
    def work() -> World:
        program = a_program()
        shop = a_partner(program)
        return World(program, a_member(program, shop), a_member(program, shop))

    return transact(work)


def _laws() -> list[str]:
    return [law.code for law in coupons.laws() if offending(law)]


def test_a_code_opens_its_coupon_once(world: World) -> None:
    _, (code, *_) = world.batch(opens="SALE10")

    assert world.says(code) == ["SALE10"]
    assert world.buys(1, code) == [None]
    assert world.says(code) == ["coupon_used"]
    assert world.buys(2, code) == ["coupon_used"]
    assert _laws() == []


def test_a_code_is_understood_as_people_type_it_and_one_typed_wrongly_is_told_from_an_unknown_one(world: World) -> None:
    _, (code, *_) = world.batch()
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")

    assert world.says(coupons.spaced(code).lower()) == ["autumn"]
    assert world.says(wrong) == ["coupon_mistyped"]
    assert world.says(*coupons.codes.draw(1, 12)) == ["coupon_unknown"]


def test_the_window_is_that_of_the_purchase_and_not_of_its_arrival(world: World) -> None:
    now = clock.now()
    _, (code, *_) = world.batch(valid_from=now - 2 * DAY, valid_until=now - DAY)

    assert world.says(code, at=now - 3 * DAY) == ["coupon_not_yet"]
    assert world.says(code, at=now - 2 * DAY) == ["autumn"]
    assert world.says(code, at=now - DAY) == ["coupon_expired"]


def test_a_shared_word_is_good_for_everybody_and_once_for_each_member_where_that_is_asked(world: World) -> None:
    world.batch(kind="shared", word="SALE10", member_uses_max=1)

    assert world.buys(1, "sale 10", member=world.anna) == [None]
    assert world.buys(2, "SALE10", member=world.anna) == ["coupon_member_limit"]
    assert world.buys(3, "SALE10", member=world.boris) == [None]
    assert world.buys(4, "SALE10") == ["coupon_needs_member"]
    assert _laws() == []


def test_a_member_uses_so_many_codes_of_a_batch_even_in_one_purchase(world: World) -> None:
    _, codes = world.batch(member_uses_max=2)

    assert world.buys(1, *codes[:3], member=world.anna) == [None, None, "coupon_member_limit"]
    assert world.buys(2, codes[3], member=world.anna) == ["coupon_member_limit"]
    assert world.buys(3, codes[2], member=world.boris) == [None]
    assert _laws() == []


def test_one_code_twice_in_a_purchase_counts_once_and_two_purchases_of_a_batch_take_turns(world: World) -> None:
    _, (code, other, *_) = world.batch()

    assert world.says(code, code, other) == ["autumn", "coupon_repeated", "autumn"]
    answers = coupons.look(world.program.id, [world.ask(code), world.ask(code)])
    assert [answer[0].refusal for answer in answers] == [None, "coupon_used"]


def test_no_purchase_brings_codes_without_end(world: World) -> None:
    _, codes = world.batch(wanted=21)

    assert world.says(*codes)[19:] == ["autumn", "coupon_too_many"]


def test_a_whole_return_gives_back_what_was_used_and_only_once(world: World) -> None:
    _, (code, *_) = world.batch(member_uses_max=1)
    world.buys(1, code, member=world.anna)

    assert transact(lambda: coupons.give_back([1, 2])) == 1
    assert transact(lambda: coupons.give_back([1])) == 0

    assert world.says(code, member=world.anna) == ["autumn"]
    assert world.buys(3, code, member=world.anna) == [None]
    assert _laws() == []


def test_what_members_had_used_before_they_were_merged_comes_back_to_one_of_them(world: World) -> None:
    _, (first, second, *_) = world.batch(member_uses_max=2)
    world.buys(1, first, member=world.anna)
    world.buys(2, second, member=world.boris)
    transact(lambda: members.merge(world.program.id, world.boris.id, world.anna.id, reason="one person"))
    transact(lambda: holdings.follow(world.boris.id, world.anna.id))

    assert transact(lambda: coupons.give_back([1, 2])) == 2

    assert world.says(first, second, member=world.anna) == ["autumn", "autumn"]


def test_a_quote_keeps_the_last_use_for_its_receipt_until_its_time_is_over(world: World) -> None:
    _, (code, *_) = world.batch()
    soon = clock.now() + DAY
    ask = world.ask(code, receipt="q1")

    assert transact(lambda: coupons.reserve(world.program.id, ask, soon))[0].opens == "autumn"
    assert world.says(code) == ["coupon_reserved"]
    assert world.says(code, receipt="q1") == ["autumn"]

    transact(lambda: execute("UPDATE coupon SET reserved_until = now() WHERE reserved_for = 'q1'"))
    assert world.says(code) == ["autumn"]


def test_a_quote_that_lets_go_or_that_became_a_purchase_keeps_nothing(world: World) -> None:
    _, (first, second, *_) = world.batch()
    soon = clock.now() + DAY
    transact(lambda: coupons.reserve(world.program.id, world.ask(first, second, receipt="q1"), soon))

    assert transact(lambda: coupons.release(world.program.id, "q1", [first])) == 1
    assert world.says(first) == ["autumn"]

    def buy() -> None:
        found = coupons.claim(world.program.id, [world.ask(second, receipt="q1")])[0]
        coupons.redeem([coupons.Use(found[0], 1, None)])

    transact(buy)
    assert world.says(second, receipt="q1") == ["coupon_used"]


def test_a_void_code_opens_nothing_and_a_used_one_is_not_voided(world: World) -> None:
    _, (code, used, *_) = world.batch()
    world.buys(1, used)

    transact(lambda: coupons.void_code(world.program.id, coupons.spaced(code), reason="printed twice"))

    assert world.says(code) == ["coupon_void"]
    for again in (code, used):
        with pytest.raises(Conflict, match="coupon_over"):
            transact(lambda again=again: coupons.void_code(world.program.id, again, reason="again"))
    with pytest.raises(NotFound):
        transact(lambda: coupons.void_code(world.program.id, "NEVER", reason="lost"))
    with pytest.raises(Invalid):
        transact(lambda: coupons.void_code(world.program.id, code, reason=""))


def test_a_given_code_is_its_members_own_and_lasts_as_long_as_it_was_given_for(world: World) -> None:
    world.batch("thanks", kind="issued", valid_days=30, wanted=0)
    now = clock.now()
    gift = coupons.Gift("thanks", world.anna.id, 2, "purchase:7", now)
    (given,) = transact(lambda: coupons.issue(world.program.id, [gift]))

    assert world.says(*given, member=world.anna) == ["thanks", "thanks"]
    assert world.says(given[0], member=world.boris) == ["coupon_of_another_member"]
    assert world.says(given[0]) == ["coupon_needs_member"]
    assert world.says(given[0], member=world.anna, at=now + 30 * DAY) == ["coupon_expired"]
    held = coupons.held(world.anna.id)
    assert [(one.code, one.state, one.valid_until) for one in reversed(held)] == [
        (code, "usable", now + 30 * DAY) for code in given
    ]


def test_what_a_returned_purchase_gave_is_void_unless_it_was_used(world: World) -> None:
    world.batch("thanks", kind="issued", wanted=0)
    gift = coupons.Gift("thanks", world.anna.id, 2, "purchase:7", clock.now())
    ((kept, gone),) = transact(lambda: coupons.issue(world.program.id, [gift]))
    world.buys(8, kept, member=world.anna)

    assert transact(lambda: coupons.take_back(["purchase:7"], "returned")) == (1, 1)
    assert transact(lambda: coupons.take_back(["purchase:7"], "returned")) == (0, 1)

    assert world.says(kept, gone, member=world.anna) == ["coupon_used", "coupon_void"]
    assert {one.state for one in coupons.held(world.anna.id)} == {"used", "void"}
    assert _laws() == []


def test_nothing_is_given_from_a_batch_that_is_not_for_giving(world: World) -> None:
    world.batch("printed")
    gifts = [coupons.Gift(code, world.anna.id, 1, "purchase:7", clock.now()) for code in ("printed", "unknown")]

    assert transact(lambda: coupons.issue(world.program.id, gifts)) == [(), ()]
