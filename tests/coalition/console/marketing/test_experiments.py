"""A marketer reads what a promotion with a control group has changed, or that nobody can tell."""

from __future__ import annotations

from flask.testing import FlaskClient

from coalition import promotions
from coalition.kernel.db import raw, transact
from coalition.promotions.engine.gating import stable_bucket
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt

TESTED = a_document("test", a_credit(bp=500), audience={"control_bp": 5_000}, name={"en": "Trial", "ru": "Проба"})
DAYS = "?since=2026-11-01&until=2026-11-30"


def _crowd(shop: Shop, count: int) -> None:
    promotions.publish(shop.program.id, [TESTED], actor=ACTOR)
    receipts, members = [], []
    for number in range(count):
        member = a_member(shop.program, shop.partner, card=f"42760001{number:08}")
        held_back = stable_bucket(str(member.id), "test") < 5_000
        card = {"kind": "card", "value": f"42760001{number:08}"}
        receipts.append(a_receipt((1_000 if held_back else 2_000) + number, member=card))
        members.append(member.id)
    shop.record(*receipts)
    raw().execute("UPDATE member SET enrolled_at = '2026-10-01' WHERE id = ANY(%s)", (members,))


def test_an_effect_is_told_with_its_interval(first: FlaskClient, shop: Shop) -> None:
    transact(lambda: _crowd(shop, 160))  # of fewer, chance may hold back less than the thirty of an interval

    listed, page = first.get("/console/experiments").text, first.get(f"/console/experiments/test{DAYS}").text

    assert "Trial" in listed and "/console/experiments/test" in listed
    assert "It changed what members pay" in page and "leaves out that there is no difference" in page
    assert "+€10." in page or "+€9." in page


def test_too_few_members_are_said_to_be_too_few(first: FlaskClient, shop: Shop) -> None:
    transact(lambda: _crowd(shop, 6))

    page = first.get(f"/console/experiments/test{DAYS}").text

    assert "There is too little to tell" in page
    assert "There is too little to tell" in first.get("/console/experiments/test?since=x&until=9999-12-31").text


def test_a_promotion_without_a_control_group_has_no_page(first: FlaskClient, shop: Shop) -> None:
    transact(lambda: promotions.publish(shop.program.id, [a_document("plain")], actor=ACTOR))

    assert "No promotion keeps a control group" in first.get("/console/experiments").text
    assert first.get("/console/experiments/plain").status_code == 404
