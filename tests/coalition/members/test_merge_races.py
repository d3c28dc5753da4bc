"""A merge while something is given to the member that goes: it is not left with what nobody would ever find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import pytest
from flask import Flask

from coalition import members, promotions
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.laws import laws, offending
from tests import racing
from tests.coalition.members.builders import a_ladder, a_member, a_plan
from tests.coalition.purchases.builders import CARD, Shop, a_receipt, a_shop


@dataclass(frozen=True, slots=True)
class People:
    """Anna, her twin who is merged into her, and a friend who has founded a family and invited the twin."""

    shop: Shop
    twin: members.Member
    friend: members.Member
    family_id: int

    def card(self, member: members.Member) -> int:
        """The number of a member's card."""
        return next(one.id for one in members.identifiers(member.id) if one.kind == "card")

    def merge(self) -> members.Merge:
        """Anna's twin becomes Anna."""
        return members.merge(self.shop.program.id, self.twin.id, self.shop.member.id, reason="one person")

    def buy(self, amount: int, card: str) -> None:
        """A purchase of this very moment."""
        now = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
        self.shop.record(a_receipt(amount, member={"kind": "card", "value": card}, occurred_at=now))


def the_people() -> People:
    """The people in a program with tiers and a subscription."""
    shop = a_shop()
    twin, friend = (a_member(shop.program, shop.partner, card=card) for card in ("77", "88"))
    members.add_plan(shop.program.id, a_plan(price_minor=0))
    elite = a_ladder(shop.program).currency_id
    assert elite is not None
    names = {"name_en": "Elite", "name_ru": "Элита", "code": "elite"}
    promotions.create_base_rule(shop.program.id, shop.partner.id, elite, points=1, each_minor=100, **names)  # type: ignore[arg-type]
    members.invite(shop.program.id, friend.id, ("card", "77"))
    people = People(shop, twin, friend, members.invitations(twin.id)[0].family_id)
    people.buy(100, "77")  # there is a wallet to wait for
    return people


def _add(at: People) -> None:
    members.add(at.shop.program.id, at.shop.partner.id, at.twin.id, "card", "99")


def _replace(at: People) -> None:
    members.replace(at.shop.partner.id, at.twin.id, at.card(at.twin), "99")


def _move(at: People) -> None:
    members.move(at.shop.program.id, at.card(at.friend), at.twin.id, reason="hers")


def _issue(at: People) -> None:
    members.issue_card(at.shop.program.id, at.shop.partner.id, at.twin.id, "V-1")


def _take_over(at: People) -> None:
    carrier = members.Carrier(at.twin.external_id, ("card", "99"), members.Profile(), b"hash")
    members.take_over(at.shop.program.id, at.shop.partner.id, [carrier])


def _accept(at: People) -> None:
    members.accept(at.shop.program.id, at.twin.id, at.family_id)


def _be_invited(at: People) -> None:
    members.invite(at.shop.program.id, at.shop.member.id, ("card", "77"))


def _invite(at: People) -> None:
    members.invite(at.shop.program.id, at.twin.id, ("card", "88"))


def _subscribe(at: People) -> None:
    members.subscribe(at.shop.program.id, at.twin.id, "plus")


def _climb(at: People) -> None:
    at.buy(60_000, "77")


def _be_given_a_tier(at: People) -> None:
    members.give_tier(at.shop.program.id, at.twin.id, "silver")


DEEDS = [_add, _replace, _move, _issue, _take_over, _accept, _be_invited, _invite]
DEEDS += [_subscribe, _climb, _be_given_a_tier]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__[1:])
def test_who_is_merged_meanwhile_gets_nothing_any_more(live: Flask, deed: Callable[[People], None]) -> None:
    with live.app_context():
        people = transact(the_people)
    merging = Event()

    def merge() -> None:
        people.merge()
        merging.set()
        racing.until_somebody_waits()

    def give() -> None:
        merging.wait(30)
        try:
            transact(lambda: deed(people))
        except Refusal as refusal:
            assert refusal.status < 500, refusal.code

    racing.at_once(live, [lambda: transact(merge), give])

    with live.app_context():
        transact(lambda: members.follow(100))
        assert [(law.code, found) for law in laws() if (found := offending(law))] == []


def test_points_that_follow_a_merged_member_let_the_survivor_climb(live: Flask) -> None:
    test_who_is_merged_meanwhile_gets_nothing_any_more(live, _climb)

    with live.app_context():
        (anna,) = members.identify(1, 1, [("card", CARD)]).values()
        assert members.standing([anna])[anna].tier == "gold"
