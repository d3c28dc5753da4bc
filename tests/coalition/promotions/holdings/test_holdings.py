"""What promotions give beside money, from the receipt to what the member holds, and back with a return."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from coalition import members, promotions
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.laws import Law, offending
from coalition.promotions import coupons, holdings
from coalition.purchases import Recorded
from tests.coalition.members.builders import a_ladder, a_member
from tests.coalition.promotions.coupons.builders import a_batch
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_return, a_shop, a_void, give_back

CARD = {"kind": "progress.add", "achievement": "coffee", "by": {"type": "qty"}, "target": 10, "repeat": True}
DONE = [
    {"kind": "coupon.issue", "template": "free", "qty": 1, "expire_days": 30},
    {"kind": "badge.grant", "badge": "coffee_lover"},
    {"kind": "crown.add", "crowns": 2},
]


@pytest.fixture
def shop(app: Flask) -> Shop:
    return a_shop()


def _publish(shop: Shop, *effects: dict[str, Any], **more: Any) -> None:
    promotions.publish(shop.program.id, [a_document("game", *effects, **more)], actor=ACTOR)


def _buy(shop: Shop, *pieces: int, **more: Any) -> list[Recorded]:
    """A receipt for each number of pieces, all in one batch."""
    lines = [[{"no": 1, "amount": 100 * qty, "qty_m": 1000 * qty}] for qty in pieces]
    found = shop.record(*(a_receipt(lines=line, **more) for line in lines))
    return [one for one in found if isinstance(one, Recorded)]


def _held(shop: Shop) -> dict[str, int]:
    return {f"{one.kind}:{one.name}": one.value for one in holdings.held(shop.member.id)}


def _laws() -> list[str]:
    return [law.code for law in (*coupons.laws(), *holdings.laws()) if offending(law)]


def test_ten_coffees_bring_a_coupon_a_badge_and_crowns_and_the_rest_is_carried_on(shop: Shop) -> None:
    a_batch(shop.program, "free", kind="issued", wanted=0)
    _publish(shop, {**CARD, "on_complete": DONE})

    _buy(shop, 8)
    assert _held(shop) == {"progress:coffee": 8}
    _buy(shop, 3, occurred_at=clock.now().isoformat())

    assert _held(shop) == {"progress:coffee": 1, "completed:coffee": 1, "badge:coffee_lover": 1, "crown:crowns": 2}
    assert [one.state for one in coupons.held(shop.member.id)] == ["usable"]
    assert _laws() == []


def test_receipts_of_one_batch_see_what_those_before_them_added(shop: Shop) -> None:
    _publish(shop, CARD)

    _buy(shop, 4, 4, 4)

    assert _held(shop) == {"progress:coffee": 2, "completed:coffee": 1}
    assert _laws() == []


def test_what_a_member_holds_opens_other_promotions(shop: Shop) -> None:
    _publish(shop, {"kind": "segment.add", "segment": "fans"}, {"kind": "attribute.inc", "attribute": "visits"})
    _buy(shop, 1)
    badge = {"kind": "badge.grant", "badge": "fan"}
    often = {"f": "member.attrs.visits", "op": "gte", "v": 1}
    fans = a_document("fans", badge, audience={"segments_any": ["fans"]}, when=often)
    promotions.publish(shop.program.id, [fans], actor=ACTOR)

    shop.record(a_receipt(500, occurred_at=clock.now().isoformat()))

    assert _held(shop) == {"segment:fans": 1, "attribute:visits": 1, "badge:fan": 1}


def test_a_whole_return_takes_back_progress_and_tickets_and_leaves_the_badge(shop: Shop) -> None:
    draw = {"kind": "draw.enter", "draw": "NY", "each": 100}
    crown = {"kind": "crown.add", "crowns": 1, "revocable": True}
    _publish(shop, CARD, draw, crown, {"kind": "badge.grant", "badge": "milk"})
    kept, gone = _buy(shop, 2, 3)
    assert _held(shop) == {"progress:coffee": 5, "ticket:NY": 5, "crown:crowns": 2, "badge:milk": 2}

    give_back(shop, a_return(gone.id, {1: 1000}))
    assert (_held(shop)["progress:coffee"], _held(shop)["crown:crowns"]) == (4, 2)
    give_back(shop, a_return(gone.id, {1: None}))
    assert holdings.undo([gone.id]) == 0

    assert _held(shop) == {"progress:coffee": 2, "ticket:NY": 2, "crown:crowns": 1, "badge:milk": 2}
    give_back(shop, a_void(kept.id))
    assert _held(shop) == {"badge:milk": 2}
    assert _laws() == []


def test_a_promotion_that_takes_nothing_back_leaves_progress_and_coupons(shop: Shop) -> None:
    a_batch(shop.program, "free", kind="issued", wanted=0)
    _publish(shop, CARD, {"kind": "coupon.issue", "template": "free"}, returns="none")
    (bought,) = _buy(shop, 2)

    give_back(shop, a_void(bought.id))

    assert _held(shop) == {"progress:coffee": 2}
    assert [one.state for one in coupons.held(shop.member.id)] == ["usable"]


def test_what_was_completed_stays_and_nothing_falls_below_nothing(shop: Shop) -> None:
    _publish(shop, CARD)
    first, second = _buy(shop, 8, 3)

    for one in (second, first):
        give_back(shop, a_void(one.id))

    assert _held(shop) == {"completed:coffee": 1}
    assert _laws() == []


def test_everything_follows_a_member_who_was_merged(shop: Shop) -> None:
    a_batch(shop.program, "free", kind="issued", wanted=0)
    _publish(shop, {**CARD, "on_complete": DONE}, {"kind": "segment.add", "segment": "fans"})
    other = a_member(shop.program, shop.partner, card="4276000099999999")
    _buy(shop, 12, occurred_at=clock.now().isoformat())
    shop.record(
        a_receipt(lines=[{"no": 1, "amount": 300, "qty_m": 3000}], member={"kind": "card", "value": "4276000099999999"})
    )

    transact(lambda: members.merge(shop.program.id, shop.member.id, other.id, reason="one person"))
    assert _laws() == []
    jobs.run_due()

    found = {f"{one.kind}:{one.name}": one.value for one in holdings.held(other.id)}
    assert found == {
        "progress:coffee": 5,
        "completed:coffee": 1,
        "badge:coffee_lover": 1,
        "crown:crowns": 2,
        "segment:fans": 1,
    }
    assert [one.state for one in coupons.held(other.id)] == ["usable"]
    assert _held(shop) == {}
    assert _laws() == []


_TAKE_TOO_MUCH = """
    INSERT INTO given_effect (program_id, member_id, source, source_id, promotion, version, place, kind, holding, name,
                              change, what, occurred_at, root, depth, undoes)
    SELECT program_id, member_id, source, source_id, promotion, version, place, kind, holding, name,
           -4, what, occurred_at, root, depth, id FROM given_effect WHERE holding = 'progress'"""
CRIMES = {
    "CP6": "UPDATE member_holding SET value = value + 1 WHERE name = 'milk'",
    "CP7": "INSERT INTO given_effect"
    " (program_id, member_id, source, source_id, promotion, version, place, kind, name,"
    " what, occurred_at, root, depth, undoes)"
    " SELECT program_id, member_id, source, source_id, promotion, version, place,"
    " kind, 'other', what, occurred_at, root, depth, id FROM given_effect LIMIT 1",
}


@pytest.mark.parametrize("law", [one for one in holdings.laws() if one.code in CRIMES], ids=lambda law: law.code)
def test_a_law_holds_until_it_is_broken(shop: Shop, law: Law) -> None:
    _publish(shop, {"kind": "badge.grant", "badge": "milk"}, CARD)
    _buy(shop, 3)
    assert offending(law) == 0

    execute(CRIMES[law.code])

    assert offending(law) >= 1


@pytest.mark.parametrize(
    ("effect", "tier"),
    [
        ({"tier": "gold"}, "gold"),
        ({"tier": "silver", "days": 10}, "silver"),
        ({"tier": "up"}, "silver"),
        ({"tier": "keep"}, "base"),
        ({"tier": "platinum"}, "base"),
    ],
)
def test_a_promotion_gives_a_tier_that_the_ladder_has(shop: Shop, effect: dict[str, Any], tier: str) -> None:
    a_ladder(shop.program)
    _publish(shop, {"kind": "tier.change", **effect})

    _buy(shop, 1)

    standing = members.standing([shop.member.id])[shop.member.id]
    assert standing.tier == tier
    if "days" in effect:
        assert standing.tier_until is not None
        assert (standing.tier_until - clock.now()).days == 9
    assert [one.what["given"] for one in holdings.given(shop.member.id)] == [tier != "base"]
    assert [law.code for law in members.laws() if offending(law)] == []


def test_nobody_takes_more_back_than_was_given(shop: Shop) -> None:
    (law,) = (one for one in holdings.laws() if one.code == "CP7")
    _publish(shop, CARD)
    _buy(shop, 3)

    execute(_TAKE_TOO_MUCH)

    assert offending(law) == 1


def test_a_tier_by_promotion_lowers_nobody(shop: Shop) -> None:
    a_ladder(shop.program)
    _publish(shop, {"kind": "tier.change", "tier": "gold"}, {"kind": "tier.change", "tier": "silver"})

    _buy(shop, 1)

    assert members.standing([shop.member.id])[shop.member.id].tier == "gold"


def test_progress_of_a_period_is_kept_beside_that_of_others_and_goes_back_to_its_own(shop: Shop) -> None:
    _publish(shop, {**CARD, "period": "month"})
    now = clock.now().astimezone(ZoneInfo(shop.program.zone))
    before = now.replace(day=1) - dt.timedelta(days=3)
    lines = [{"no": 1, "amount": 400, "qty_m": 4000}]

    found = shop.record(*(a_receipt(lines=lines, occurred_at=at.isoformat()) for at in (now, before, now)))
    late = [one.id for one in found if isinstance(one, Recorded)][1]
    assert _held(shop) == {f"progress:coffee@month:{now:%Y-%m}": 8}
    give_back(shop, a_return(late, {1: 1000}, occurred_at=now.isoformat()))

    rows = execute_all("SELECT name, value FROM member_holding WHERE name <> '' ORDER BY name")
    assert rows == {f"coffee@month:{before:%Y-%m}": 3, f"coffee@month:{now:%Y-%m}": 8}
    names = holdings.names(shop.program.id)
    kept = f"coffee@month:{now:%Y-%m}"
    assert (names.of("progress", kept, "en"), names.target(kept)) == (names.promotion("game", "en"), 10)
    assert _laws() == []


def execute_all(sql: str) -> dict[str, int]:
    """Names with their values."""
    return {row[0]: row[1] for row in fetch_all(sql, {})}
