"""What a member is given in the very moment in which its holdings follow a merge is not lost on the way."""

from __future__ import annotations

from threading import Event

from flask import Flask

from coalition import members, promotions
from coalition.kernel import clock
from coalition.kernel.db import execute, transact
from coalition.promotions import holdings
from tests import racing
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop


def _give(shop: Shop, badge: str) -> None:
    document = a_document("game", {"kind": "badge.grant", "badge": badge})
    promotions.publish(shop.program.id, [document], actor=ACTOR)


def _buy(shop: Shop, card: str) -> None:
    now = f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    shop.record(a_receipt(100, member={"kind": "card", "value": card}, occurred_at=now))


def test_a_badge_that_is_given_while_the_others_follow_is_there_afterwards(live: Flask) -> None:
    with live.app_context():
        shop = transact(a_shop)
        anna, boris = (transact(lambda card=card: a_member(shop.program, shop.partner, card=card)) for card in "78")  # type: ignore[misc]
        transact(lambda: _give(shop, "old"))
        transact(lambda: [_buy(shop, card) for card in "78"])
        transact(lambda: _give(shop, "new"))
    holding = Event()

    def buy() -> None:
        execute("SELECT FROM member_holding WHERE member_id = :anna FOR UPDATE", {"anna": anna.id})
        holding.set()
        racing.until_somebody_waits()
        _buy(shop, "8")

    def follow() -> None:
        holding.wait(30)
        transact(lambda: holdings.follow(boris.id, anna.id))

    racing.at_once(live, [lambda: transact(buy), follow])

    with live.app_context():
        transact(lambda: members.merge(shop.program.id, boris.id, anna.id, reason="one person"))
        transact(lambda: holdings.follow(boris.id, anna.id))
        assert {one.name for one in holdings.held(anna.id) if one.kind == "badge"} == {"old", "new"}
