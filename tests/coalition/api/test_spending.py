"""Points given away over HTTP, in every way: what is answered, what is refused, and that a key works once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from coalition import members, partners, programs, wallets
from coalition.kernel import ids, jobs
from coalition.kernel.db import fetch_one, transact
from tests.builders import a_partner
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, a_body, a_shop
from tests.coalition.wallets.builders import SECRET, FakeProgram, become_family, bind


@pytest.fixture
def rich(till: Till) -> Till:
    """A till whose member has 500 BON, a relative, a charity, a foreign program and a second currency."""
    assert till.post("/purchases", a_body(100_000)).status_code == 201
    transact(lambda: _friends(till))
    return till


def _friends(till: Till) -> None:
    shop = till.shop
    a_partner(shop.program, "greenfund", kind="charity")
    airline = partners.entities_of(a_partner(shop.program, "northmiles", kind="airline").id)[0]
    wallets.partner_with(
        shop.program.id,
        "northmiles",
        "NorthMiles",
        legal_entity_id=airline.id,
        currency_id=shop.currency.id,
        rate=Decimal("0.5"),
        base_url="http://northmiles.example",
        secret=SECRET,
    )
    relative = a_member(shop.program, shop.partner, card=RELATIVE)
    become_family(shop.program, shop.member.id, relative.id)
    mil = programs.add_currency(shop.program.id, "MIL", name_en="miles", name_ru="мили", face_minor=Decimal(1))
    programs.set_rate(shop.currency.id, mil.id, Decimal("0.5"), since=dt.date(2020, 1, 1))


RELATIVE = "4276000087654321"
WAYS = {
    "/donations": {"charity": "greenfund"},
    "/exchanges": {"program": "northmiles", "account": "NM1234567"},
    "/transfers": {"to_member": {"kind": "card", "value": RELATIVE}},
    "/conversions": {"to_currency": "MIL"},
}
PATHS = sorted(WAYS)


def a_wish(path: str, amount: int = 300, **more: Any) -> dict[str, Any]:
    """A body for this path."""
    member, points = {"kind": "card", "value": CARD}, {"amount": amount, "currency": "BON"}
    return {"external_id": "X-1", "member": member, _points(path): points, **WAYS[path], **more}


def _points(path: str) -> str:
    return "from" if path == "/conversions" else "points"


def _available(till: Till) -> int:
    return till.shop.available()


def test_a_donation_is_answered_with_what_was_given(rich: Till) -> None:
    answer = rich.post("/donations", a_wish("/donations"))

    assert answer.status_code == 201
    told = {name: answer.json[name] for name in ("external_id", "points", "charity")}
    assert told == {"external_id": "X-1", "points": {"amount": 300, "currency": "BON"}, "charity": "greenfund"}
    assert answer.json["id"].startswith("don_")
    assert _available(rich) == 200


def test_an_exchange_is_requested_confirmed_and_read(rich: Till) -> None:
    bind(FakeProgram())
    made = rich.post("/exchanges", a_wish("/exchanges"))
    assert (made.status_code, made.json["state"], made.json["foreign_amount"]) == (201, "requested", 150)
    assert made.json["rate"] == "0.5"

    jobs.run_due(20)

    read = rich.get(f"/exchanges/{made.json['id']}")
    assert (read.status_code, read.json["state"]) == (200, "confirmed")
    assert read.json["foreign_reference"]
    assert rich.post("/exchanges", a_wish("/exchanges")).json == made.json  # a replay is the first answer
    assert _available(rich) == 200


def test_a_transfer_is_answered_with_who_gave_whom(rich: Till) -> None:
    answer = rich.post("/transfers", a_wish("/transfers"))

    relative = rich.post("/members/lookup", {"kind": "card", "value": RELATIVE}).json["id"]
    assert (answer.status_code, answer.json["points"]) == (201, {"amount": 300, "currency": "BON"})
    assert (answer.json["member_id"], answer.json["to_member_id"]) == (ids.public("mbr", rich.shop.member.id), relative)
    assert rich.get(f"/members/{relative}/balances").json["items"][0]["available"] == 300


def test_a_conversion_is_answered_with_what_was_taken_and_what_it_became(rich: Till) -> None:
    answer = rich.post("/conversions", a_wish("/conversions", 301))

    assert answer.status_code == 201
    told = {name: answer.json[name] for name in ("from", "to", "rate")}
    assert told == {
        "from": {"amount": 300, "currency": "BON"},
        "to": {"amount": 150, "currency": "MIL"},
        "rate": "0.5",
    }
    assert _available(rich) == 200


@pytest.mark.parametrize("path", PATHS)
def test_the_same_again_is_a_replay_and_another_body_a_conflict(rich: Till, path: str) -> None:
    first = rich.post(path, a_wish(path))

    again = rich.post(path, a_wish(path))
    other = rich.post(path, a_wish(path, 299))

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")
    assert _available(rich) == 200


@pytest.mark.parametrize("path", PATHS)
def test_the_same_again_is_a_replay_though_the_card_was_blocked_meanwhile(rich: Till, path: str) -> None:
    wish, at = a_wish(path), rich.shop
    first = rich.post(path, wish)
    card = next(one for one in members.identifiers(at.member.id) if one.kind == "card")
    transact(lambda: members.block(at.partner.id, at.member.id, card.id))

    again, other = rich.post(path, wish), rich.post(path, a_wish(path, external_id="another"))

    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert (other.status_code, other.json["code"]) == (422, "unknown_member")


def test_a_transfer_sent_again_is_a_replay_though_the_receiver_s_card_was_blocked_meanwhile(rich: Till) -> None:
    first, at = rich.post("/transfers", a_wish("/transfers")), rich.shop
    relative = ids.parse("mbr", first.json["to_member_id"])
    card = next(one for one in members.identifiers(relative) if one.kind == "card")
    transact(lambda: members.block(at.partner.id, relative, card.id))

    again = rich.post("/transfers", a_wish("/transfers"))

    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")


@pytest.mark.parametrize("path", PATHS)
def test_too_few_points_is_a_conflict_that_says_how_many_there_are(rich: Till, path: str) -> None:
    answer = rich.post(path, a_wish(path, 502))

    assert (answer.status_code, answer.json["code"], answer.json["available"]) == (409, "insufficient_points", 500)


WRONG = [
    *[(path, {_points(path): {"amount": 0, "currency": "BON"}}, f"/{_points(path)}/amount") for path in PATHS],
    *[(path, {_points(path): {"amount": 9, "currency": "XYZ"}}, f"/{_points(path)}/currency") for path in PATHS],
    *[(path, {"member": {"kind": "card", "value": "1"}}, "/member") for path in PATHS],
    *[(path, {"member": None}, "/member") for path in PATHS],
    *[(path, {"proof": "123456"}, "/proof") for path in PATHS],
    ("/donations", {"charity": "nobody"}, "/charity"),
    ("/exchanges", {"program": "nowhere"}, "/program"),
    ("/exchanges", {"account": ""}, "/account"),
    ("/transfers", {"to_member": {"kind": "card", "value": "1"}}, "/to_member"),
    ("/transfers", {"to_member": {"kind": "card", "value": CARD}}, "/to_member"),
    ("/conversions", {"to_currency": "XYZ"}, "/to_currency"),
    ("/conversions", {"to_currency": "BON"}, "/to_currency"),
    ("/conversions", {"from": {"amount": 1, "currency": "BON"}}, "/from/amount"),
]


@pytest.mark.parametrize(("path", "change", "pointer"), WRONG)
def test_what_is_wrong_is_named_by_its_pointer(rich: Till, path: str, change: dict[str, Any], pointer: str) -> None:
    answer = rich.post(path, {**a_wish(path), **change})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert _available(rich) == 500


def test_another_partner_neither_sees_nor_reverses_the_exchange(rich: Till) -> None:
    made = rich.post("/exchanges", a_wish("/exchanges")).json["id"]
    other = transact(lambda: a_till(a_shop(rich.shop.program, card="77"), rich.client))

    assert other.get(f"/exchanges/{made}").status_code == 404
    assert other.post(f"/exchanges/{made}/reverse", {"external_id": "R"}).status_code == 404
    assert rich.get(f"/exchanges/{ids.public('exc', 10**9)}").status_code == 404


def test_what_an_exchange_sets_aside_is_no_hold_of_the_partner_s(rich: Till) -> None:
    rich.post("/exchanges", a_wish("/exchanges"))
    row = fetch_one("SELECT account_id, hold_id FROM exchange")
    hold = ids.public("hld", row.account_id, row.hold_id)

    released = rich.post(f"/holds/{hold}/release", {"external_id": "L-1"})
    captured = rich.post(f"/holds/{hold}/capture", {"external_id": "L-2"})
    tendered = rich.post("/purchases", a_body(10_000, hold_id=hold, points_paid=100))

    assert [answer.status_code for answer in (released, captured, tendered)] == [404, 404, 422]


def test_only_what_is_confirmed_is_reversed(rich: Till) -> None:
    made = rich.post("/exchanges", a_wish("/exchanges")).json["id"]

    answer = rich.post(f"/exchanges/{made}/reverse", {"external_id": "R-1"})

    assert (answer.status_code, answer.json["code"], answer.json["state"]) == (409, "not_reversible", "requested")


@pytest.mark.parametrize("path", PATHS)
def test_where_the_program_demands_it_points_are_spent_with_a_proof_once(rich: Till, path: str) -> None:
    program = rich.shop.program
    transact(lambda: programs.change(program.id, proof_policy="spend"))
    proof = transact(lambda: members.prove(program.id, rich.shop.member.id)).code

    without = rich.post(path, a_wish(path))
    first = rich.post(path, a_wish(path, 100, proof=proof))
    again = rich.post(path, a_wish(path, 100, proof=proof))
    later = rich.post(path, a_wish(path, 100, proof="12345678"))
    other = rich.post(path, a_wish(path, 100, proof=proof, external_id="X-2"))

    assert (without.status_code, without.json["code"]) == (422, "proof_required")
    assert (first.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
    assert later.headers.get("Idempotency-Replayed") == "true"  # a replay needs no new proof
    assert (other.status_code, other.json["code"]) == (409, "proof_used")
    assert _available(rich) == 400


@pytest.mark.parametrize("path", PATHS)
def test_spending_needs_its_scope(rich: Till, path: str) -> None:
    assert rich.client.post(f"/api/v1{path}", json=a_wish(path)).status_code == 401
