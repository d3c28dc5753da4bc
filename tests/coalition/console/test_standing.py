"""Where a member belongs, in the console: tier, subscription, family and merges, and what staff may do about them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from coalition import members, programs, promotions
from coalition.kernel import clock, ids
from coalition.kernel.db import fetch_all, transact
from coalition.members import Benefits, Plan
from tests.coalition.members.builders import a_ladder, a_member
from tests.coalition.purchases.builders import Shop, a_receipt

BERTAS_CARD = "4276000099998888"


@pytest.fixture
def berta(shop: Shop) -> members.Member:
    """Another member, who has bought something."""
    berta = transact(lambda: a_member(shop.program, shop.partner, card=BERTAS_CARD))
    card = {"kind": "card", "value": BERTAS_CARD}
    at = clock.now().isoformat()
    theirs = a_receipt(20_000, external_id="OTHERS-1", member=card, occurred_at=at)
    transact(lambda: shop.record(theirs, a_receipt(10_000, occurred_at=at)))
    return berta


@pytest.fixture
def plans(shop: Shop) -> None:
    """A plan that costs something."""
    plan = Plan("plus", "Plus", "Плюс", 499, 1, benefits=Benefits(15_000))
    transact(lambda: members.add_plan(shop.program.id, plan))


@pytest.fixture
def family(shop: Shop, berta: members.Member) -> members.Family:
    """Anna's family, in which Berta sits."""
    transact(lambda: members.invite(shop.program.id, shop.member.id, ("card", BERTAS_CARD)))
    [invitation] = transact(lambda: members.invitations(berta.id))
    transact(lambda: members.accept(shop.program.id, berta.id, invitation.family_id))
    found = transact(lambda: members.family(berta.id))
    assert found
    return found


def test_a_subscription_begins_goes_on_and_ends(support: FlaskClient, shop: Shop, anna: str, plans: None) -> None:
    begun = support.post(f"{anna}/subscription", data={"plan": "plus", "payment": "PAY-1", "deed": "subscribe"})
    again = support.post(f"{anna}/subscription", data={"payment": "PAY-2", "deed": "renew"})
    page = support.get(f"{anna}/standing").text
    ended = support.post(f"{anna}/subscription/cancel")

    found = transact(lambda: members.subscription(shop.member.id))
    assert [begun.status_code, again.status_code, ended.status_code] == [303, 303, 303]
    assert found is not None
    assert (found.periods, found.state) == (2, "cancelled")
    assert "Plus" in page
    assert "Let it end" in page
    assert "Subscription cancelled" in support.get(f"{anna}/timeline?kind=record").text


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"plan": "plus", "deed": "subscribe"}, 422, "payment"),
        ({"plan": "none", "payment": "PAY", "deed": "subscribe"}, 422, "plan"),
        ({"plan": "", "deed": "subscribe"}, 422, "plan"),
    ],
)
def test_a_subscription_that_cannot_begin_says_why(
    support: FlaskClient, shop: Shop, anna: str, plans: None, form: dict[str, str], status: int, field: str
) -> None:
    answer = support.post(f"{anna}/subscription", data=form)

    assert answer.status_code == status
    assert f'href="#{field}"' in answer.text
    assert transact(lambda: members.subscription(shop.member.id)) is None


def test_a_member_is_taken_out_of_a_family_with_a_reason(
    support: FlaskClient, anna: str, berta: members.Member, family: members.Family
) -> None:
    seat = ids.public("mbr", berta.id)

    seen = support.get(f"{anna}/standing").text
    without = support.post(f"{anna}/family/leave", data={"seat": seat})
    done = support.post(f"{anna}/family/leave", data={"seat": seat, "family_reason": "They have parted"})

    assert seat in seen
    assert (without.status_code, done.status_code) == (422, 303)
    assert 'href="#family_reason"' in without.text
    assert transact(lambda: members.family(berta.id)) is None
    assert "They have parted" in support.get(f"/console/members/{seat}/timeline?kind=record").text


def test_nobody_else_is_taken_out_of_a_family(
    support: FlaskClient, shop: Shop, anna: str, family: members.Family
) -> None:
    stranger = transact(lambda: a_member(shop.program, shop.partner))

    answer = support.post(
        f"{anna}/family/leave", data={"seat": ids.public("mbr", stranger.id), "family_reason": "A mistake"}
    )

    assert answer.status_code == 404
    assert len(family.seats) == 2


@pytest.mark.parametrize(
    ("language", "words"), [("en", "reached by what was earned"), ("ru", "достигнут накоплениями")]
)
def test_the_way_to_a_tier_is_told(support: FlaskClient, shop: Shop, anna: str, language: str, words: str) -> None:
    ladder = transact(lambda: a_ladder(shop.program))
    assert ladder.currency_id is not None
    transact(lambda: _grant_silver(shop))

    page = support.get(f"{anna}/standing", headers={"Accept-Language": language}).text

    assert words in page


def _grant_silver(shop: Shop) -> None:
    elite = next(one for one in programs.currencies(shop.program.id) if one.kind == "tier")
    promotions.create_base_rule(
        shop.program.id,
        shop.partner.id,
        elite.id,
        points=1,
        each_minor=100,
        code="tier",
        name_en="Tier",
        name_ru="Уровень",
    )
    shop.record(a_receipt(20_000, occurred_at=clock.now().isoformat()))


def test_merges_are_explained_and_old_movements_stay_in_reach(
    support: FlaskClient, shop: Shop, anna: str, berta: members.Member
) -> None:
    number = ids.public("mbr", berta.id)
    transact(lambda: members.merge(shop.program.id, berta.id, shop.member.id, reason="She joined twice"))

    standing = support.get(f"{anna}/standing").text
    timeline = support.get(f"{anna}/timeline?kind=points").text

    assert "She joined twice" in standing
    assert number in standing
    assert "OTHERS-1" in timeline
    assert number in timeline
    assert Decimal(shop.available()) == 150
    assert fetch_all("SELECT 1 FROM audit WHERE action = 'member.merge'", {})
