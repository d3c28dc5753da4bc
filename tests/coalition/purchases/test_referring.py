"""Whoever brought a friend is rewarded when the friend has bought, once, and never before."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from coalition import ledger, members, programs, promotions, purchases
from coalition.kernel import clock, ids, jobs
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.laws import offending
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_receipt, a_shop, a_void

NEW = "4276000099990001"
TOLD = clock.now() - dt.timedelta(days=2)


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose members are given 50 points for a friend's first purchase."""
    shop = a_shop()
    gift = a_document("brought", a_credit("fixed", points=50), events=["referral.completed"])
    promotions.publish(shop.program.id, [gift], actor=ACTOR)
    return shop


@pytest.fixture
def friend(shop: Shop) -> int:
    return a_member(shop.program, shop.partner, card=NEW).id


def _tell(shop: Shop, friend: object, card: str = CARD, **attributes: Any) -> Any:
    named = ids.public("mbr", friend) if isinstance(friend, int) else friend
    body = {"external_id": f"F-{card[-2:]}", "type": "referral", "occurred_at": TOLD.isoformat()}
    told = {**body, "member": {"kind": "card", "value": card}, "attributes": {"friend": named, **attributes}}
    (result,) = purchases.record_events(shop.partner.id, [purchases.read_event(told)])
    return result


def _buy(shop: Shop, *amounts: int, days: int = 1, **more: Any) -> int:
    at = (TOLD + dt.timedelta(days=days)).isoformat()
    receipt = a_receipt(*amounts, occurred_at=at, member={"kind": "card", "value": NEW}, **more)
    (recorded,) = shop.record(receipt)
    assert isinstance(recorded, purchases.Recorded), recorded
    return recorded.id


def _rewarded(shop: Shop, member_id: int | None = None) -> int:
    for _ in range(2):
        jobs.enqueue("purchases.referrals", {})
        jobs.run_due()
    assert [law.code for law in (*purchases.laws(), *ledger.laws()) if offending(law)] == []
    return sum(one.available for one in ledger.balances(shop.program.id, member_id or shop.member.id))


def test_a_referral_is_rewarded_after_the_friends_first_purchase_and_once(shop: Shop, friend: int) -> None:
    _tell(shop, friend)
    before = _rewarded(shop)

    _buy(shop, 700)
    once = _rewarded(shop)
    _buy(shop, 900)

    assert (before, once, _rewarded(shop)) == (0, 50, 50)
    event = fetch_one("SELECT member_id, attributes FROM event WHERE type = 'referral.completed'")
    assert (event.member_id, event.attributes) == (
        shop.member.id,
        {"friend": ids.public("mbr", friend), "amount": 700},
    )


def test_two_jobs_at_once_that_see_different_first_purchases_reward_it_once(shop: Shop, friend: int) -> None:
    _tell(shop, friend)
    _buy(shop, 700)
    (sees,), _ = purchases.completed_referrals(shop.program.id, 0, 10)
    _buy(shop, 900, days=0)  # a receipt that comes late
    (sees_another,), _ = purchases.completed_referrals(shop.program.id, 0, 10)

    told = [purchases.record_following(one) for one in (sees, sees_another, sees)]

    assert [bool(one and not one.replayed) for one in told] == [True, False, False]
    assert _rewarded(shop) == 50


def test_a_purchase_below_what_was_asked_completes_nothing(shop: Shop, friend: int) -> None:
    _tell(shop, friend, min_minor=1000)

    _buy(shop, 999)
    small = _rewarded(shop)
    _buy(shop, 1000)

    assert (small, _rewarded(shop)) == (0, 50)


def test_what_was_undone_and_what_came_before_completes_nothing(shop: Shop, friend: int) -> None:
    _tell(shop, friend)
    purchases.record_returns(shop.partner.id, [a_void(_buy(shop, 700))])
    undone = _rewarded(shop)

    _buy(shop, 700, days=-5)
    _buy(shop, 700)

    assert (undone, _rewarded(shop)) == (0, 0)


def test_of_two_who_brought_one_friend_the_first_told_counts(shop: Shop, friend: int) -> None:
    other = a_member(shop.program, shop.partner, card="4276000099990002")
    _tell(shop, friend)
    _tell(shop, friend, card="4276000099990002")

    _buy(shop, 700)

    assert (_rewarded(shop), _rewarded(shop, other.id)) == (50, 0)


def test_a_friend_who_is_another_member_today_still_counts(shop: Shop, friend: int) -> None:
    into = a_member(shop.program, shop.partner)
    _tell(shop, friend)
    members.merge(shop.program.id, friend, into.id, reason="twice")

    _buy(shop, 700)

    assert _rewarded(shop) == 50


def test_what_a_partner_calls_a_friend_in_its_own_words_is_taken_and_waits_for_nothing(shop: Shop, friend: int) -> None:
    assert isinstance(_tell(shop, "Bob"), purchases.RecordedEvent)

    _buy(shop, 700)

    assert _rewarded(shop) == 0


def test_an_id_that_was_never_looked_at_hinders_no_other_referral(shop: Shop, friend: int) -> None:
    _tell(shop, "Bob")
    execute(
        "INSERT INTO event (occurred_at, member_id, program_id, partner_id, external_id, request_hash, type,"
        "                   attributes, actor)"
        " SELECT occurred_at, member_id, program_id, partner_id, 'old', request_hash, type,"
        "        jsonb_build_object('friend', 'mbr_bob', 'min_minor', 'x'), actor FROM event"
    )
    other = a_member(shop.program, shop.partner, card="4276000099990002")
    _tell(shop, friend, card="4276000099990002")
    _buy(shop, 700)

    assert _rewarded(shop, other.id) == 50


@pytest.mark.parametrize(
    ("named", "more", "code", "pointer"),
    [
        ("mbr_0000000009999", {}, "unknown_member", "/attributes/friend"),
        ("mbr_nobody", {}, "unknown_member", "/attributes/friend"),
        ("self", {}, "same_member", "/attributes/friend"),
        ("friend", {"min_minor": 0}, "invalid", "/attributes/min_minor"),
        ("friend", {"min_minor": "5"}, "invalid", "/attributes/min_minor"),
        ("stranger", {}, "unknown_member", "/attributes/friend"),
    ],
)
def test_what_is_wrong_with_a_friend_is_named(
    shop: Shop, friend: int, named: str, more: dict[str, Any], code: str, pointer: str
) -> None:
    there = a_shop(card="4276000099990003") if named == "stranger" else shop
    who = {"self": shop.member.id, "friend": friend, "stranger": there.member.id}.get(named, named)

    refused = _tell(shop, who, **more)

    assert isinstance(refused, purchases.Refused), refused
    assert (refused.refusal.code, [one.pointer for one in refused.refusal.errors]) == (code, [pointer])
    assert fetch_one("SELECT count(*) AS n FROM event").n == 0


def test_a_program_in_its_sunset_rewards_nobody(shop: Shop, friend: int) -> None:
    _tell(shop, friend)
    _buy(shop, 700)
    programs.move(shop.program.id, "sunset", ends_on=clock.now().date() + dt.timedelta(days=9))

    assert _rewarded(shop) == 0


def test_a_receipt_that_waited_for_the_friend_counts_from_its_own_day(shop: Shop) -> None:
    waits = purchases.read(
        a_body(700, occurred_at=(TOLD + dt.timedelta(days=1)).isoformat(), member={"kind": "card", "value": NEW})
    )
    purchases.accept(shop.partner.id, [waits], purchases.Via(), hold=True)
    friend = a_member(shop.program, shop.partner, card=NEW)
    _tell(shop, friend.id)

    assert _rewarded(shop) == 50
