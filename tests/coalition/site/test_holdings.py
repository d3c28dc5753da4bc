"""Coupons and badges in the cabinet and on the member's page of the console."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import access, promotions
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.promotions import coupons
from tests.coalition.console.conftest import PASSWORD, signed_in
from tests.coalition.promotions.coupons.builders import a_batch
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

CARD: dict[str, Any] = {"kind": "progress.add", "achievement": "coffee", "by": {"type": "qty"}, "target": 10}
EFFECTS = (
    {"kind": "coupon.issue", "template": "thanks", "qty": 1},
    {"kind": "badge.grant", "badge": "milk", "name": {"en": "Milk lover", "ru": "Молочник"}},
    {"kind": "crown.add", "crowns": 2},
    {"kind": "draw.enter", "draw": "NY", "tickets": 5},
    {"kind": "gift", "sku": "MUG"},
    {"kind": "fraud.flag", "reason": "too often"},
    {"kind": "segment.add", "segment": "secret-segment"},
)


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose member, who signs in, was given one of everything."""

    def work() -> Shop:
        shop = a_shop()
        a_batch(shop.program, "thanks", kind="issued", wanted=0)
        game = a_document("game", CARD, *EFFECTS, name={"en": "Ten coffees", "ru": "Десять кофе"})
        promotions.publish(shop.program.id, [game], actor=ACTOR)
        shop.record(a_receipt(lines=[{"no": 1, "amount": 300, "qty_m": 3000}]))
        owner = f"member:{shop.member.id}"
        access.create_user("anna@coral.example", PASSWORD, ["member"], owner, program_id=shop.program.id)
        return shop

    return transact(work)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("3 of 10", "Ten coffees", "Milk lover", "2 crowns")),
        ("ru", ("3 из 10", "Десять кофе", "Молочник", "2 короны")),
    ],
)
def test_a_member_sees_its_coupons_progress_and_badges(
    app: Flask, shop: Shop, language: str, words: tuple[str, ...]
) -> None:
    client = app.test_client()
    client.post("/login", data={"email": "anna@coral.example", "password": PASSWORD})

    seen = client.get("/account/coupons", headers={"Accept-Language": language})

    assert seen.status_code == 200
    assert coupons.spaced(coupons.held(shop.member.id)[0].code) in seen.text
    assert all(word in seen.text for word in (*words, "MUG", "NY"))
    assert "secret-segment" not in seen.text
    assert "too often" not in seen.text


def test_staff_see_what_was_given_and_by_which_promotion(app: Flask, shop: Shop) -> None:
    support = signed_in(app, "support@coral.test", "support")

    seen = support.get(f"/console/members/{ids.public('mbr', shop.member.id)}/holdings")

    assert seen.status_code == 200
    assert all(word in seen.text for word in ("Ten coffees", "secret-segment", "too often", "3 of 10", "to be checked"))


def test_a_member_with_nothing_is_told_how_to_begin(app: Flask) -> None:
    shop = transact(a_shop)
    owner = f"member:{shop.member.id}"
    transact(lambda: access.create_user("b@coral.example", PASSWORD, ["member"], owner, program_id=shop.program.id))
    client = app.test_client()
    client.post("/login", data={"email": "b@coral.example", "password": PASSWORD})

    assert "Nothing here yet" in client.get("/account/coupons").text
