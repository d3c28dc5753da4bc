"""Purchases over HTTP, as a partner's till sends them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import members, purchases
from coalition.kernel.db import transact
from coalition.kernel.laws import offending
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from tests.builders import a_partner
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import Shop, a_body, a_hold, a_shop, public_hold


def test_a_purchase_answers_awards_reasons_and_balances(till: Till) -> None:
    answer = till.post("/purchases", a_body(899, 455, 4590, external_id="R-1"))

    assert answer.status_code == 201
    told = answer.json
    assert told["awards"][0].pop("available_at").endswith("Z")
    assert told == {
        "id": told["id"],
        "external_id": "R-1",
        "member_id": told["member_id"],
        "total": 5944,
        "awards": [
            {
                "promotion": "base",
                "kind": "points.credit",
                "currency": "BON",
                "units": 29,
                "lines": {"1": 4, "2": 2, "3": 23},
                "expires_at": "2027-11-30T22:00:00Z",
                "reason": "29 bonuses for 59.44 EUR of purchases (1 per 2.00 EUR).",
            }
        ],
        "declined": [],
        "discounts": [],
        "captured": None,
        "redeemed": [],
        "coupons": [],
        "state": "recorded",
        "returned": [],
        "balances": [
            {
                "currency": "BON",
                "available": 29,
                "pending": 0,
                "held": 0,
                "arrears": 0,
                "next_expirations": [{"amount": 29, "expires_at": "2027-11-30T22:00:00Z"}],
            }
        ],
    }
    assert "Idempotency-Replayed" not in answer.headers


def test_a_replay_gives_the_first_answer_with_todays_balances(till: Till) -> None:
    body = a_body(1000)
    first = till.post("/purchases", body)
    till.post("/purchases", a_body(2000))

    again = till.post("/purchases", dict(reversed(body.items())))

    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert {**again.json, "balances": None} == {**first.json, "balances": None}
    assert again.json["balances"][0]["available"] == 15


def test_a_replay_gives_the_first_answer_whatever_has_come_back_since(till: Till) -> None:
    body = a_body(1000)
    first = till.post("/purchases", body)
    given_back = {"external_id": "RT-1", "occurred_at": body["occurred_at"], "lines": [{"no": 1}]}
    assert till.post(f"/purchases/{first.json['id']}/returns", given_back).status_code == 201

    again = till.post("/purchases", body)

    assert {**again.json, "balances": None} == {**first.json, "balances": None}
    assert till.get(f"/purchases/{first.json['id']}").json["state"] == "returned"


def test_another_body_under_the_same_external_id_is_a_conflict(till: Till) -> None:
    body = a_body(1000)
    till.post("/purchases", body)

    answer = till.post("/purchases", {**body, "lines": a_body(1001)["lines"]})

    assert (answer.status_code, answer.json["code"]) == (409, "external_id_conflict")
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("unknown", ["refuse", "hold"])
def test_a_replay_is_the_first_answer_though_the_card_was_blocked_meanwhile(till: Till, unknown: str) -> None:
    body, at = a_body(1000, on_unknown_member=unknown), till.shop
    first = till.post("/purchases", body)
    card = next(one for one in members.identifiers(at.member.id) if one.kind == "card")
    transact(lambda: members.block(at.partner.id, at.member.id, card.id))

    again, new = till.post("/purchases", body), till.post("/purchases", a_body(1000, on_unknown_member=unknown))
    other = till.post("/purchases", {**a_body(2000), "external_id": body["external_id"]})

    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert new.status_code == {"refuse": 422, "hold": 202}[unknown]
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")


def test_a_purchase_is_found_again_by_id_and_by_external_id_by_its_own_partner_only(till: Till) -> None:
    first = till.post("/purchases", a_body(1000, external_id="R-7")).json
    other = transact(lambda: a_till(a_shop(till.shop.program, card="77"), till.client))

    assert till.get(f"/purchases/{first['id']}").json == first
    assert till.get("/purchases?external_id=R-7").json == {"items": [first], "next_cursor": None}
    assert till.get("/purchases?external_id=R-8").json["items"] == []
    assert other.get(f"/purchases/{first['id']}").status_code == 404
    assert other.get("/purchases?external_id=R-7").json["items"] == []
    assert till.get("/purchases").status_code == 422
    assert till.get("/purchases?external_id=%00").status_code == 422


def test_what_exceeds_a_funders_limit_is_told_in_the_answer_in_its_replay_and_when_found(till: Till) -> None:
    cap = Limit(till.shop.entity.id, "credit", "decline", 11_000, 11_000)
    transact(lambda: exposure.set_limit(cap))
    body = a_body(1000)

    first = till.post("/purchases", body)

    assert first.json["declined"] == [{"promotion": "base", "currency": "BON", "units": 5}]
    assert (first.json["awards"], first.json["balances"]) == ([], [])
    assert till.post("/purchases", body).json == till.get(f"/purchases/{first.json['id']}").json == first.json


def test_a_hold_pays_and_is_told_as_captured(till: Till) -> None:
    till.post("/purchases", a_body(100_000))
    hold = public_hold(transact(lambda: a_hold(till.shop, 300)))

    answer = till.post("/purchases", a_body(1000, hold_id=hold, points_paid=300))

    assert answer.status_code == 201
    assert answer.json["captured"] == {"amount": 300, "currency": "BON"}
    assert answer.json["awards"][0]["units"] == 3
    assert till.get(f"/holds/{hold}").json["state"] == "captured"


def test_an_anonymous_purchase_is_accepted(till: Till) -> None:
    answer = till.post("/purchases", a_body(1000, member=None))

    assert answer.status_code == 201
    assert (answer.json["member_id"], answer.json["awards"], answer.json["balances"]) == (None, [], [])


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"coupons": "SALE10"}, "/coupons", "invalid"),
        ({"coupons": ["SALE10", ""]}, "/coupons/1", "invalid"),
        ({"coupons": ["A"] * 21}, "/coupons", "invalid"),
        ({"quote_id": "quo_1"}, "/quote_id", "unknown_quote"),
        ({"proof": "123456"}, "/proof", "invalid"),
        ({"hold_id": "hld_1"}, "/hold_id", "unknown_hold"),
        ({"outlet": "nowhere"}, "/outlet", "unknown_outlet"),
        ({"member": {"kind": "card", "value": "1"}}, "/member", "unknown_member"),
        ({"member": "card:1"}, "/member", "invalid"),
        ({"points_paid": 1000}, "/points_paid", "invalid"),
        ({"lines": []}, "/lines", "invalid"),
        ({"lines": [1]}, "/lines/0", "invalid"),
        ({"lines": None}, "/lines", "invalid"),
        ({"occurred_at": "2026-11-20 09:30"}, "/occurred_at", "invalid"),
        ({"occurred_at": "2026-02-31T09:30:00Z"}, "/occurred_at", "invalid"),
        ({"occurred_at": 1}, "/occurred_at", "invalid"),
        ({"currency": "eur"}, "/currency", "invalid"),
        ({"balance": 5}, "/balance", "invalid"),
        ({"channel": "telepathy"}, "/channel", "invalid"),
        ({"payments": [{"kind": "card", "amount": -1}]}, "/payments/0/amount", "invalid"),
        ({"external_id": ""}, "/external_id", "invalid"),
        ({"external_id": 7}, "/external_id", "invalid"),
    ],
)
def test_what_is_wrong_is_named_by_its_pointer(till: Till, change: dict[str, Any], pointer: str, code: str) -> None:
    body = a_body(899)

    answer = till.post("/purchases", {**body, **change})

    assert answer.status_code == 422, answer.json
    assert answer.json["code"] == code
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert till.post("/purchases", body).status_code == 201


def test_wrong_types_in_lines_name_each_field(till: Till) -> None:
    lines = [{"no": 1, "amount": -5}, {"no": "2", "amount": True}, {"amount": 5, "colour": "red"}]

    answer = till.post("/purchases", a_body(lines=lines))

    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json["errors"]}
    assert pointers == {"/lines/0/amount", "/lines/1/no", "/lines/1/amount", "/lines/2/no", "/lines/2/colour"}


def test_a_till_without_the_scope_is_turned_away(app: Flask, client: FlaskClient) -> None:
    assert client.post("/api/v1/purchases", json=a_body()).status_code == 401


def test_the_laws_hold_after_it_all(till: Till) -> None:
    for amount in (0, 1000, 2345):
        till.post("/purchases", a_body(amount, amount))

    assert [law.code for law in purchases.laws() if offending(law)] == []


def test_another_partners_member_is_served_by_its_card_and_its_movements_stay_apart(till: Till) -> None:
    fuel = transact(lambda: a_till(_a_shop_without_members(till.shop), till.client))
    earned = till.post("/purchases", a_body(1000)).json
    answer = fuel.post("/purchases", a_body(4000))

    assert answer.json["member_id"] == earned["member_id"]
    assert answer.json["balances"][0]["available"] == 25
    movements = till.get(f"/members/{earned['member_id']}/movements").json["items"]
    assert [(one["amount"], one["reason"]) for one in movements] == [(5, earned["awards"][0]["reason"])]
    assert fuel.get(f"/members/{earned['member_id']}/movements").status_code == 403


def _a_shop_without_members(shop: Shop) -> Shop:
    from coalition import promotions

    partner = a_partner(shop.program)
    promotions.create_base_rule(
        shop.program.id, partner.id, shop.currency.id, points=1, each_minor=200, name_en="Fuel", name_ru="Топливо"
    )
    return Shop(shop.program, partner, a_member(shop.program, partner), shop.currency)
