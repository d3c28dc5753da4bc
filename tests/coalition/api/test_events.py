"""Events and bank transactions over HTTP and in registries: recorded once, earning by their rules, explained."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from coalition import members, programs, promotions
from coalition.kernel import clock, jobs
from coalition.kernel.db import fetch_one, transact
from coalition.kernel.laws import laws, offending
from tests.coalition.api.till import Till
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, a_body

TOKEN = "tok-4276-abcd"


def _event(**more: Any) -> dict[str, Any]:
    return {
        "external_id": "E-1",
        "type": "review",
        "occurred_at": "2026-11-20T09:30:00Z",
        "member": {"kind": "card", "value": CARD},
        "attributes": {"stars": 5, "text": "Лучший сыр"},
        **more,
    }


def _transaction(**more: Any) -> dict[str, Any]:
    return {
        "external_id": "T-1",
        "type": "bank.transaction",
        "occurred_at": "2026-11-20T09:30:00Z",
        "member": {"kind": "bank_card_token", "value": TOKEN},
        "amount": 12_345,
        "currency": "EUR",
        "mcc": "5411",
        "merchant": "Corner shop",
        **more,
    }


def _rule(till: Till, code: str, points: int = 50, **more: Any) -> promotions.Rule:
    shop, names = till.shop, {"name_en": code, "name_ru": code, "each_minor": 100}
    return transact(
        lambda: promotions.create_base_rule(
            shop.program.id, shop.partner.id, shop.currency.id, code=code, points=points, **names, **more
        )
    )


def _give_token(till: Till) -> None:
    shop = till.shop
    transact(lambda: members.add(shop.program.id, shop.partner.id, shop.member.id, "bank_card_token", TOKEN))


def _send(till: Till, *bodies: dict[str, Any]) -> dict[str, Any]:
    file = "".join(json.dumps(body) + "\n" for body in bodies).encode()
    sent = till.send("/registries", file, Content_Type="application/x-ndjson")
    jobs.run_due()
    return dict(till.get(f"/registries/{sent.json['id']}").json)


def _sound() -> bool:
    return [law.code for law in laws() if offending(law)] == []


def test_an_event_is_kept_and_earns_the_points_of_its_rule_with_the_reason(till: Till) -> None:
    _rule(till, "review", event_type="review")

    answer = till.post("/events", _event())

    assert (answer.status_code, answer.json["type"]) == (201, "review")
    (award,) = answer.json["awards"]
    assert (award["promotion"], award["units"], award["lines"]) == ("review", 50, {})
    assert award["reason"] == "50 bonuses for a review."
    assert answer.json["balances"][0]["available"] == 50
    kept = fetch_one("SELECT type, attributes FROM event")
    assert kept is not None
    assert tuple(kept) == ("review", {"stars": 5, "text": "Лучший сыр"})
    assert _sound()


def test_points_for_a_delivery_count_from_the_day_of_the_delivery(till: Till) -> None:
    _rule(till, "delivered", event_type="order.delivered")
    transact(lambda: programs.change_currency(till.shop.currency.id, activation_days=14))
    zone, delivered = till.shop.program.zone, clock.now() - dt.timedelta(days=5)
    day = clock.local_date(delivered, zone)

    answer = till.post("/events", _event(type="order.delivered", occurred_at=delivered.isoformat()))

    (award,) = answer.json["awards"]
    begins, ends = day + dt.timedelta(days=14), clock.end_of_month(clock.add_months(day, 12))
    assert dt.datetime.fromisoformat(award["available_at"]) == clock.start_of_day(begins, zone)
    assert dt.datetime.fromisoformat(award["expires_at"]) == clock.end_of_last_day(ends, zone)
    assert (answer.json["balances"][0]["available"], answer.json["balances"][0]["pending"]) == (0, 50)


def test_an_event_of_an_unknown_member_is_refused_and_taken_when_it_has_come(till: Till) -> None:
    _rule(till, "review", event_type="review")
    event = _event(member={"kind": "card", "value": "4276000055555555"})
    refused, filed = till.post("/events", event), _send(till, {**event, "external_id": "E-2"})
    transact(lambda: a_member(till.shop.program, till.shop.partner, card="4276000055555555"))

    taken, again = till.post("/events", event), _send(till, {**event, "external_id": "E-2"})

    assert (refused.status_code, refused.json["code"]) == (422, "unknown_member")
    assert "send it again" in refused.json["errors"][0]["detail"]
    assert (filed["suspended"], filed["rejected"], again["accepted"]) == (0, 1, 1)
    assert (taken.status_code, taken.json["awards"][0]["units"]) == (201, 50)


def test_the_same_event_again_answers_the_same_and_another_content_is_a_conflict(till: Till) -> None:
    _rule(till, "review", event_type="review")
    first, again = till.post("/events", _event()), till.post("/events", _event())

    other = till.post("/events", _event(attributes={"stars": 1}))

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")


def test_an_event_and_a_purchase_may_have_the_same_external_id(till: Till) -> None:
    _rule(till, "review", event_type="review")
    bought = till.post("/purchases", a_body(1000, external_id="E-1"))

    done = till.post("/events", _event())

    assert (bought.status_code, done.status_code) == (201, 201)
    assert done.json["balances"][0]["available"] == 55
    assert _sound()


def test_an_event_of_another_type_is_kept_and_earns_nothing(till: Till) -> None:
    _rule(till, "review", event_type="review")

    answer = till.post("/events", _event(type="visit", attributes={}))

    assert (answer.status_code, answer.json["awards"]) == (201, [])


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"member": None}, "/member"),
        ({"type": "Review!"}, "/type"),
        ({"type": "return"}, "/type"),
        ({"type": "bank.unheard"}, "/type"),
        ({"attributes": {"a": {"b": 1}}}, "/attributes/a"),
        ({"attributes": [1]}, "/attributes"),
        ({"attributes": {str(at): at for at in range(51)}}, "/attributes"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"occurred_at": "2098-01-01T00:00:00Z"}, "/occurred_at"),
        ({"member": {"kind": "card", "value": "0"}}, "/member"),
        ({"colour": 1}, "/colour"),
    ],
)
def test_a_wrong_event_is_refused_at_the_field(till: Till, more: dict[str, Any], pointer: str) -> None:
    answer = till.post("/events", _event(**more))

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_bank_transaction_is_a_purchase_that_keeps_its_merchants_category(till: Till) -> None:
    _give_token(till)

    answer = till.post("/events", _transaction())
    again = till.post("/events", _transaction())

    assert answer.status_code == 201, answer.json
    assert (answer.json["type"], answer.json["awards"][0]["units"]) == ("bank.transaction", 61)
    assert answer.json["id"].startswith("pur_")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (answer.json, "true")
    found = till.get("/purchases?external_id=T-1").json["items"][0]
    assert (found["id"], found["total"]) == (answer.json["id"], 12_345)
    kept = fetch_one("SELECT p.payments, l.name FROM purchase p JOIN purchase_line l ON l.purchase_id = p.id")
    assert kept is not None
    assert tuple(kept) == ([{"kind": "bank_card", "amount": 12_345, "mcc": "5411"}], "Corner shop")


def test_rules_ask_for_the_category_at_the_bank_and_at_the_till(till: Till) -> None:
    _give_token(till)
    _rule(till, "base", points=1, mccs_excluded=["6011"])
    _rule(till, "groceries", points=2, mccs=["5411"])

    def earned(answer: Any) -> list[tuple[str, int]]:
        return [(award["promotion"], award["units"]) for award in answer.json["awards"]]

    cash = till.post("/events", _transaction(mcc="6011", external_id="T-2"))
    shop = till.post("/events", _transaction(external_id="T-3"))
    taxi = till.post("/events", _transaction(mcc="4121", external_id="T-4"))
    bought = till.post("/purchases", a_body(1000, payments=[{"kind": "card", "amount": 1000, "mcc": "5411"}]))

    # the new version of the base rule holds from now on: what occurred before earns by the old one
    assert earned(cash) == [("base", 61)]
    assert earned(shop) == [("base", 61), ("groceries", 246)]
    assert earned(taxi) == [("base", 61)]
    assert earned(bought) == [("base", 5), ("groceries", 20)]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"mcc": "54"}, "/mcc"),
        ({"mcc": None}, "/mcc"),
        ({"amount": 0}, "/amount"),
        ({"amount": "1"}, "/amount"),
        ({"currency": "eur"}, "/currency"),
        ({"currency": "USD"}, "/currency"),
        ({"member": None}, "/member"),
        ({"outlet": "S9"}, "/outlet"),
        ({"lines": []}, "/lines"),
        ({"member": {"kind": "bank_card_token", "value": "4111111111111111"}}, "/member"),
    ],
)
def test_a_wrong_transaction_is_refused_at_the_field(till: Till, more: dict[str, Any], pointer: str) -> None:
    _give_token(till)

    answer = till.post("/events", _transaction(**more))

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_banks_file_brings_transactions_and_events_line_by_line_and_twice_posts_nothing_twice(till: Till) -> None:
    _give_token(till)
    _rule(till, "review", event_type="review")
    lines = [
        _transaction(),
        _event(),
        {**_event(external_id="E-2"), "type": "event", "event_type": "review"},
        {"type": "purchase", **a_body(1000)},
        _event(external_id="E-3", type="Nonsense!"),
        _transaction(external_id="T-9", member={"kind": "bank_card_token", "value": "tok-unknown"}),
    ]

    first, again = _send(till, *lines), _send(till, *lines)

    names = ("lines", "accepted", "replayed", "rejected", "suspended", "points_issued")
    assert [first[name] for name in names] == [6, 4, 0, 1, 1, 61 + 50 + 50 + 5]
    assert [again[name] for name in names] == [6, 0, 5, 1, 0, 0]
    assert _sound()


def test_a_transaction_of_a_card_that_becomes_known_later_is_posted_then(till: Till) -> None:
    _send(till, _transaction())
    other = transact(lambda: a_member(till.shop.program, till.shop.partner))
    transact(lambda: members.add(till.shop.program.id, till.shop.partner.id, other.id, "bank_card_token", TOKEN))
    jobs.run_due()

    assert till.post("/events", _transaction()).headers["Idempotency-Replayed"] == "true"
    assert _sound()


def _reversed(**more: Any) -> dict[str, Any]:
    return {
        "external_id": "T-1-R",
        "type": "bank.reversed",
        "occurred_at": "2026-11-21T09:30:00Z",
        "original": "T-1",
        **more,
    }


def test_a_reversal_takes_back_what_the_transaction_earned_wholly_or_by_its_amount(till: Till) -> None:
    _give_token(till)
    assert till.post("/events", _transaction(amount=20_000)).json["balances"][0]["available"] == 100

    part, again = (till.post("/events", _reversed(amount=5_000)) for _ in range(2))
    rest = till.post("/events", _reversed(external_id="T-1-S"))
    more = till.post("/events", _reversed(external_id="T-1-T", amount=1))

    assert (part.status_code, part.json["id"][:4], part.json["balances"][0]["available"]) == (201, "ret_", 75)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (part.json, "true")
    assert rest.json["balances"][0]["available"] == 0
    assert (more.status_code, more.json["code"]) == (409, "returned_too_much")
    assert [one["pointer"] for one in more.json["errors"]] == ["/amount"]
    assert till.post("/events", _reversed(external_id="T-1-U", original="T-0")).json["code"] == "unknown_purchase"
    assert _sound()


def test_a_file_may_hold_purchases_and_what_undoes_them(till: Till) -> None:
    _give_token(till)
    bought = a_body(1000, external_id="R-1")
    back = {"type": "return", "external_id": "R-1-R", "occurred_at": bought["occurred_at"], "lines": [{"no": 1}]}
    lines = [
        {**back, "purchase_external_id": "R-1"},
        bought,
        _transaction(),
        _reversed(),
        {"type": "void", "external_id": "R-9-V", "purchase_external_id": "R-9"},
        {**back, "external_id": "R-2-R", "purchase_external_id": "R-1", "lines": []},
    ]

    first, again = _send(till, *lines), _send(till, *lines)

    names = ("lines", "accepted", "replayed", "rejected", "suspended", "points_issued")
    assert [first[name] for name in names] == [6, 4, 0, 2, 0, 66]
    assert [again[name] for name in names] == [6, 0, 4, 2, 0, 0]
    found = till.get(f"/registries/{first['id']}/rejections").json["items"]
    assert [(one["line"], one["code"]) for one in found] == [(5, "unknown_purchase"), (6, "invalid")]
    assert till.shop.available() == 0
    assert _sound()


def test_a_movement_says_which_event_it_was_for(till: Till) -> None:
    from coalition.kernel import ids

    _rule(till, "review", event_type="review")
    till.post("/events", _event())

    moved = till.get(f"/members/{ids.public('mbr', till.shop.member.id)}/movements").json["items"]

    assert [(one["operation"], one["reason"]) for one in moved] == [("event", "50 bonuses for a review.")]


def test_events_need_their_scope(till: Till) -> None:
    from coalition import access

    shop = till.shop
    client = transact(lambda: access.create_client(shop.program.id, shop.partner.id, "x", ["purchases:write"]))
    token = transact(lambda: access.issue_token(*client, ["purchases:write"])).value

    answer = till.client.post("/api/v1/events", json=_event(), headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
