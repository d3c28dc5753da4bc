"""Holds over HTTP: set points aside, capture in parts, release; and what is refused."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from coalition import members, partners, programs, promotions, purchases
from coalition.kernel.db import fetch_all, transact
from coalition.ledger import Operation
from coalition.partners import places
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_hold, a_shop, public_hold


@pytest.fixture
def rich(till: Till) -> Till:
    """A till whose member has 500 BON."""
    assert till.post("/purchases", a_body(100_000)).status_code == 201
    return till


def _request(amount: int = 300, **more: Any) -> dict[str, Any]:
    member = {"kind": "card", "value": CARD}
    return {
        "external_id": "H-1",
        "member": member,
        "points": {"amount": amount, "currency": "BON"},
        "ttl_s": 60,
        **more,
    }


def test_points_are_set_aside_captured_in_parts_and_the_rest_goes_back(rich: Till) -> None:
    hold = rich.post("/holds", _request(300, purpose="till 3"))
    assert hold.status_code == 201
    assert (hold.json["state"], hold.json["points"]) == ("open", {"amount": 300, "currency": "BON"})

    first = rich.post(f"/holds/{hold.json['id']}/capture", {"external_id": "C-1", "amount": 100})
    again = rich.post(f"/holds/{hold.json['id']}/capture", {"external_id": "C-1", "amount": 100})
    released = rich.post(f"/holds/{hold.json['id']}/release", {"external_id": "C-2"})

    assert (first.status_code, first.json["redeemed"]["amount"]) == (200, 100)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert (released.json["state"], released.json["released"]["amount"]) == ("released", 200)
    assert rich.get(f"/holds/{hold.json['id']}").json == released.json
    assert rich.post("/purchases", a_body(0)).json["balances"][0]["available"] == 400


def test_the_same_hold_again_is_a_replay_and_another_body_a_conflict(rich: Till) -> None:
    first = rich.post("/holds", _request(300))

    again = rich.post("/holds", _request(300))
    other = rich.post("/holds", _request(301))

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")


def test_a_replay_is_the_first_answer_whatever_has_become_of_the_hold_since(rich: Till) -> None:
    hold = rich.post("/holds", _request(300))
    capture = f"/holds/{hold.json['id']}/capture"
    first = rich.post(capture, {"external_id": "C-1", "amount": 100})
    second = rich.post(capture, {"external_id": "C-2", "amount": 50})
    released = rich.post(f"/holds/{hold.json['id']}/release", {"external_id": "C-3"})

    assert rich.post("/holds", _request(300)).json == hold.json
    assert rich.post(capture, {"external_id": "C-1", "amount": 100}).json == first.json
    assert rich.post(capture, {"external_id": "C-2", "amount": 50}).json == second.json
    assert rich.get(f"/holds/{hold.json['id']}").json == released.json


def test_a_replay_is_the_first_answer_though_the_card_was_blocked_meanwhile(rich: Till) -> None:
    first = rich.post("/holds", _request(300))
    card = next(one for one in members.identifiers(rich.shop.member.id) if one.kind == "card")
    transact(lambda: members.block(rich.shop.partner.id, rich.shop.member.id, card.id))

    again, new = rich.post("/holds", _request(300)), rich.post("/holds", _request(300, external_id="H-2"))

    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert (new.status_code, new.json["code"]) == (422, "unknown_member")


@pytest.mark.parametrize("left", [0, 100])
def test_a_replay_is_the_first_answer_though_the_member_was_merged_meanwhile(rich: Till, left: int) -> None:
    first = rich.post("/holds", _request(300))
    rest = rich.post("/holds", _request(200 - left, external_id="H-0"))
    for hold in (first, rest):
        rich.post(
            f"/holds/{hold.json['id']}/release" if left else f"/holds/{hold.json['id']}/capture",
            {"external_id": hold.json["id"]},
        )
    other = transact(lambda: a_member(rich.shop.program, rich.shop.partner, card="4276000011112222"))
    transact(lambda: members.merge(rich.shop.program.id, rich.shop.member.id, other.id, reason="one person"))

    again, changed = rich.post("/holds", _request(300)), rich.post("/holds", _request(301))

    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert changed.status_code == 409


def test_the_last_capture_says_again_that_it_took_all(rich: Till) -> None:
    hold = rich.post("/holds", _request(300)).json["id"]
    rich.post(f"/holds/{hold}/capture", {"external_id": "C-1", "amount": 100})
    last = rich.post(f"/holds/{hold}/capture", {"external_id": "C-2"})

    again = rich.post(f"/holds/{hold}/capture", {"external_id": "C-2"})

    assert (last.json["state"], last.json["captured"]["amount"], last.json["redeemed"]["amount"]) == (
        "captured",
        300,
        200,
    )
    assert again.json == last.json


def test_too_few_points_is_a_conflict_that_says_how_many_there_are(rich: Till) -> None:
    answer = rich.post("/holds", _request(501))

    assert (answer.status_code, answer.json["code"], answer.json["available"]) == (409, "insufficient_points", 500)


def test_a_hold_is_over_with_its_time_and_not_only_when_it_is_swept(rich: Till) -> None:
    hold = rich.post("/holds", _request(ttl_s=1)).json["id"]
    time.sleep(1.1)

    assert rich.get(f"/holds/{hold}").json["state"] == "expired"


def test_another_partner_cannot_see_capture_or_release_the_hold(rich: Till) -> None:
    hold = rich.post("/holds", _request()).json["id"]
    other = transact(lambda: a_till(a_shop(rich.shop.program, card="77"), rich.client))

    assert other.get(f"/holds/{hold}").status_code == 404
    assert other.post(f"/holds/{hold}/capture", {"external_id": "X"}).status_code == 404
    assert other.post(f"/holds/{hold}/release", {"external_id": "X"}).status_code == 404
    assert rich.get(f"/holds/{hold}").json["state"] == "open"


@pytest.mark.parametrize("operation", [Operation.ORDER, Operation.EXCHANGE])
def test_the_hold_of_an_order_or_an_exchange_is_nobodys_till_s_even_where_the_partner_is_the_operator(
    rich: Till, operation: Operation
) -> None:
    hold = public_hold(transact(lambda: a_hold(rich.shop, 100, operation=operation)))

    assert rich.get(f"/holds/{hold}").status_code == 404
    assert rich.post(f"/holds/{hold}/capture", {"external_id": "X"}).status_code == 404
    assert rich.post(f"/holds/{hold}/release", {"external_id": "X"}).status_code == 404
    paid = rich.post("/purchases", a_body(1000, hold_id=hold, member={"kind": "card", "value": CARD}))
    assert (paid.status_code, paid.json["code"]) == (422, "unknown_hold")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": {"amount": 0, "currency": "BON"}}, "/points/amount"),
        ({"points": {"amount": 10, "currency": "MIL"}}, "/points/currency"),
        ({"ttl_s": 0}, "/ttl_s"),
        ({"ttl_s": 10**9}, "/ttl_s"),
        ({"member": None}, "/member"),
        ({"member": {"kind": "card", "value": "1"}}, "/member"),
        ({"proof": "123456"}, "/proof"),
        ({"state": "captured"}, "/state"),
    ],
)
def test_what_is_wrong_is_named_by_its_pointer(rich: Till, change: dict[str, Any], pointer: str) -> None:
    answer = rich.post("/holds", _request(**change))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(("amount", "code"), [(301, "hold_exceeded"), (None, None)])
def test_a_capture_takes_at_most_what_is_left(rich: Till, amount: int | None, code: str | None) -> None:
    hold = rich.post("/holds", _request(300)).json["id"]

    answer = rich.post(f"/holds/{hold}/capture", {"external_id": "C-1", "amount": amount})

    assert (answer.status_code, answer.json.get("code")) == ((409, code) if code else (200, None))


def test_a_halted_program_sets_nothing_aside_and_captures_nothing_but_answers_what_it_answered(rich: Till) -> None:
    hold = rich.post("/holds", _request(300))
    other = rich.post("/holds", _request(100, external_id="H-2"))
    path = f"/holds/{hold.json['id']}/capture"
    captured = rich.post(path, {"external_id": "C-1", "amount": 100})
    transact(lambda: programs.halt(rich.shop.program.id, "law L3 is offended"))

    refused = [
        rich.post("/holds", _request(10, external_id="H-3")),
        rich.post("/holds", _request(9_999, external_id="H-4")),
        rich.post(path, {"external_id": "C-2", "amount": 100}),
    ]
    again = rich.post(path, {"external_id": "C-1", "amount": 100})
    freed = rich.post(f"/holds/{other.json['id']}/release", {"external_id": "X-1"})

    assert [(one.status_code, one.json["code"], one.json["retryable"]) for one in refused] == [
        (409, "program_halted", False)
    ] * 3
    assert (again.json, freed.status_code) == (captured.json, 200)
    assert rich.post("/holds", _request(300)).headers["Idempotency-Replayed"] == "true"


def test_tier_points_are_not_set_aside(rich: Till) -> None:
    names = {"name_en": "tier points", "name_ru": "статусные баллы"}
    transact(lambda: programs.add_currency(rich.shop.program.id, "TIER", kind="tier", face_minor=Decimal(1), **names))

    refused = rich.post("/holds", _request() | {"points": {"amount": 1, "currency": "TIER"}})

    assert (refused.status_code, refused.json["code"]) == (422, "currency_not_spendable")
    assert refused.json["errors"][0]["pointer"] == "/points/currency"


def test_promo_points_are_set_aside_first_where_the_receipt_says_that_they_may_pay(till: Till) -> None:
    shop, names = till.shop, {"name_en": "wine points", "name_ru": "винные баллы"}

    def prepare() -> None:
        account = programs.open_promo_account(
            shop.currency.id, "wine", product_groups=["wine"], outlet_ids=[_outlet(shop)], share_bp=5_000, **names
        )
        where = (shop.program.id, shop.partner.id, shop.currency.id)
        promotions.create_base_rule(*where, code="wine", points=1, each_minor=100, promo_account_id=account.id, **names)
        partners.add_group(shop.program.id, "wine", name_en="wine", name_ru="вино")
        partners.assign(shop.partner.id, "wine", ["MERLOT"])

    transact(prepare)
    bought = till.post("/purchases", a_body(100_000))
    assert bought.status_code == 201  # 500 ordinary ones, 1000 for wine
    (balance,) = bought.json["balances"]
    assert (balance["available"], balance["restricted"]) == (500, [{"promo_account": "wine", "amount": 1_000}])
    assert sum(one["amount"] for one in balance["next_expirations"]) == 1_500
    lines = [{"sku": "MERLOT", "amount": 1_000}, {"sku": "BREAD", "amount": 2_000}]

    refused = till.post("/holds", _request(501))
    held = till.post(
        "/holds", _request(900, external_id="H-2", receipt={"outlet": "S1", "total": 3_000, "lines": lines})
    )
    too_much = till.post(
        "/holds", _request(101, external_id="H-3", receipt={"outlet": "S9", "total": 3_000, "lines": lines})
    )

    assert (refused.status_code, refused.json["available"]) == (409, 500)
    assert held.status_code == 201, held.json  # 500 of the wine's 1000, then 400
    left = fetch_all("SELECT restriction_id IS NOT NULL AS promo, remaining FROM lot ORDER BY 1")
    assert [(row.promo, row.remaining) for row in left] == [(False, 100), (True, 500)]
    assert (too_much.status_code, too_much.json["errors"][0]["pointer"]) == (422, "/receipt/outlet")


def test_a_hold_obeys_what_promotions_say_of_paying_where_its_receipt_names_the_outlet(rich: Till) -> None:
    dairy = {"f": "category", "op": "eq", "v": "dairy"}
    effects = [{"kind": "points.redeem_rule", "share_bp": 0, "where": dairy}]
    effects.append({"kind": "points.redeem_rule", "share_bp": 2_500, "min": 20})
    documents = [a_document("rule", *effects)]

    def prepare() -> None:
        partners.classify(rich.shop.partner.id, [partners.Item("MILK", "food/dairy")])
        promotions.publish(rich.shop.program.id, documents, actor=ACTOR)

    transact(prepare)
    receipt = {"outlet": "S1", "total": 400, "lines": [{"sku": "MILK", "amount": 350}]}
    bread = {**receipt, "lines": [{"sku": "BREAD", "amount": 10}]}

    few = rich.post("/holds", _request(19, receipt=bread))
    much = rich.post("/holds", _request(101, receipt=bread))
    milk = rich.post("/holds", _request(51, receipt=receipt))
    nowhere = rich.post("/holds", _request(101, external_id="H-2", receipt={**bread, "outlet": None}))
    right = rich.post("/holds", _request(100, receipt=bread))

    assert [(one.status_code, one.json["code"]) for one in (few, much, milk)] == [
        (409, "limit_min"),
        (409, "limit_share"),
        (409, "limit_group"),
    ]
    assert (nowhere.status_code, right.status_code) == (201, 201)


def _outlet(shop: Shop) -> int:
    return partners.outlets(shop.partner.id, ["S1"])["S1"].id


def test_no_points_are_set_aside_at_an_outlet_that_was_closed(rich: Till) -> None:
    receipt = {"outlet": "S1", "total": 3_000, "lines": []}
    before = rich.post("/holds", _request(receipt=receipt))
    transact(lambda: places.close(rich.shop.partner.id, "S1"))
    purchases.counter(rich.shop.partner.id)._outlets.clear()  # what a process believes for ten seconds

    again = rich.post("/holds", _request(receipt=receipt))
    refused = rich.post("/holds", _request(external_id="H-2", receipt=receipt))

    assert (before.status_code, again.status_code, again.json) == (201, 201, before.json)
    assert (refused.status_code, refused.json["code"]) == (422, "outlet_closed")
    assert refused.json["errors"][0]["pointer"] == "/receipt/outlet"
