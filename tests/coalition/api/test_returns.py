"""Returns and voids over HTTP, as a partner's till sends them."""

from __future__ import annotations

from typing import Any

import pytest

from coalition.kernel.db import transact
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_body, a_hold, a_line, a_shop, public_hold

NOON = "2026-11-21T12:00:00Z"


def test_a_return_answers_what_it_took_gave_and_refunds(till: Till) -> None:
    till.post("/purchases", a_body(100_000))
    hold = public_hold(transact(lambda: a_hold(till.shop, 300)))
    purchase = till.post("/purchases", a_body(1000, hold_id=hold)).json

    answer = till.post(f"/purchases/{purchase['id']}/returns", a_return())

    assert answer.status_code == 201
    told = answer.json
    assert told["balances"][0]["available"] == 200 + 3 - 1 + 150
    assert {**told, "balances": None, "id": None} == {
        "id": None,
        "external_id": "T-1",
        "purchase_id": purchase["id"],
        "lines": [{"no": 1, "qty_m": 500, "refund": 350}],
        "clawed_back": [
            {
                "promotion": "base",
                "currency": "BON",
                "units": 1,
                "owed": 0,
                "waived": 0,
                "lines": {"1": 1},
                "reason": f"1 bonuses taken back: of purchase {purchase['external_id']} was returned:"
                " 0.5 of line 1 (return T-1).",
            }
        ],
        "restored": [{"amount": 150, "currency": "BON"}],
        "refund_minor": 350,
        "balances": None,
    }
    found = till.get(f"/purchases/{purchase['id']}").json
    assert (found["state"], found["returned"]) == ("partly_returned", [{"no": 1, "qty_m": 500}])


def test_the_same_return_again_answers_the_same_and_says_so(till: Till) -> None:
    purchase = till.post("/purchases", a_body(1000)).json["id"]
    first = till.post(f"/purchases/{purchase}/returns", a_return())

    again = till.post(f"/purchases/{purchase}/returns", a_return())
    other = till.post(f"/purchases/{purchase}/returns", a_return(qty_m=499))

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json == first.json
    assert (other.status_code, other.json["code"]) == (409, "external_id_conflict")


def test_too_much_is_a_conflict_that_says_what_is_left(till: Till) -> None:
    purchase = till.post("/purchases", a_body(1000)).json["id"]
    till.post(f"/purchases/{purchase}/returns", a_return())

    answer = till.post(f"/purchases/{purchase}/returns", a_return(qty_m=501, external_id="T-2"))

    assert (answer.status_code, answer.json["code"]) == (409, "returned_too_much")
    assert answer.json["left"] == [{"no": 1, "qty_m": 500}]
    assert [error["pointer"] for error in answer.json["errors"]] == ["/lines/0/qty_m"]


def test_a_void_undoes_the_whole_purchase(till: Till) -> None:
    purchase = till.post("/purchases", a_body(1000)).json["id"]

    answer = till.post(f"/purchases/{purchase}/void", {"external_id": "V-1"})

    assert (answer.status_code, answer.json["refund_minor"], answer.json["balances"][0]["available"]) == (201, 1000, 0)
    assert till.get(f"/purchases/{purchase}").json["state"] == "voided"
    again = till.post(f"/purchases/{purchase}/void", {"external_id": "V-1"})
    assert again.headers["Idempotency-Replayed"] == "true"
    after = till.post(f"/purchases/{purchase}/returns", a_return())
    assert (after.status_code, after.json["code"]) == (409, "purchase_voided")


def test_what_is_no_purchase_of_this_partner_is_not_there(till: Till) -> None:
    purchase = till.post("/purchases", a_body(1000)).json["id"]
    other = transact(lambda: a_till(a_shop(till.shop.program, card="77"), till.client))
    returned = till.post(f"/purchases/{purchase}/returns", a_return()).json["id"]

    answers = [
        other.post(f"/purchases/{purchase}/returns", a_return()),
        other.post(f"/purchases/{purchase}/void", {"external_id": "V"}),
        till.post("/purchases/pur_0000000000zzz/returns", a_return(external_id="T-2")),
        till.post("/purchases/nonsense/returns", a_return(external_id="T-2")),
    ]
    of_return = till.post(f"/purchases/{returned}/returns", a_return(external_id="T-2"))
    of_foreign = other.post(f"/purchases/{returned}/returns", a_return())

    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(404, "unknown_purchase")}
    assert (of_return.status_code, of_return.json["code"]) == (409, "return_of_return")
    assert of_foreign.status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lines": None}, "/lines"),
        ({"lines": [{"no": 1, "qty_m": "1"}]}, "/lines/0/qty_m"),
        ({"occurred_at": None}, "/occurred_at"),
        ({"purchase_external_id": "R-1"}, "/purchase_external_id"),
        ({"type": "return"}, "/type"),
        ({"reason": "broken"}, "/reason"),
        ({"lines": [{"no": 9}]}, "/lines/0/no"),
    ],
)
def test_what_is_wrong_is_named_by_its_pointer(till: Till, change: dict[str, Any], pointer: str) -> None:
    purchase = till.post("/purchases", a_body(1000)).json["id"]

    answer = till.post(f"/purchases/{purchase}/returns", {**a_return(), **change})

    assert answer.status_code == 422, answer.json
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_every_movement_says_which_purchase_rule_and_return_it_comes_from(till: Till) -> None:
    first = till.post("/purchases", a_body(100_000)).json
    hold = public_hold(transact(lambda: a_hold(till.shop, 300)))
    purchase = till.post("/purchases", a_body(1000, hold_id=hold, external_id="R-2")).json
    returned = till.post(f"/purchases/{purchase['id']}/returns", a_return()).json

    items = till.get(f"/members/{first['member_id']}/movements").json["items"]

    told = {(one["kind"], one["amount"]): one for one in items}
    earned, paid = told["credit", 500], told["capture", -300]
    taken, restored = told["debit", -1], told["restore", 150]
    assert earned["reason"] == first["awards"][0]["reason"]
    assert (earned["source"]["promotion"], earned["source"]["version"], earned["source"]["lines"]) == (
        "base",
        1,
        {"1": 500},
    )
    assert paid["reason"] == "300 bonuses paid 3.00 EUR of purchase R-2."
    assert {one["source"]["purchase_id"] for one in (paid, taken, restored)} == {purchase["id"]}
    assert {one["source"]["return_id"] for one in (taken, restored)} == {returned["id"]}
    assert taken["reason"] == returned["clawed_back"][0]["reason"]
    assert restored["reason"] == (
        "150 bonuses given back, with which purchase R-2 was paid: 0.5 of line 1 (return T-1)."
    )


def test_a_purchase_is_explained_with_who_pays_and_from_which_lots(till: Till) -> None:
    till.post("/purchases", a_body(100_000))
    hold = public_hold(transact(lambda: a_hold(till.shop, 300)))
    lines = [a_line(1, 1000), a_line(2, 400)]
    purchase = till.post("/purchases", a_body(lines=lines, hold_id=hold, external_id="R-2")).json
    till.post(f"/purchases/{purchase['id']}/returns", a_return())

    told = till.get(f"/purchases/{purchase['id']}/explain").json

    name = till.shop.entity.name
    (award,), (tender,), (returned,) = told["awards"], told["tender"], told["returns"]
    assert (told["state"], told["total"], told["points_paid"]) == ("partly_returned", 1400, 300)
    assert (award["promotion"], award["version"], award["base_minor"], award["units"]) == ("base", 1, 1100, 5)
    assert award["funding"] == [{"name": name, "units": 5}]
    assert (award["clawed_back"], award["left"]) == (2, 3)
    assert (tender["kind"], tender["amount"], tender["points"]["amount"], tender["given_back"]) == (
        "hold",
        300,
        300,
        107,
    )
    assert [(draw["units"], draw["earned_with"], draw["funding"]) for draw in tender["draws"]] == [
        (300, till.shop.partner.name, [{"name": name, "units": 300}])
    ]
    assert tender["reason"] == "300 bonuses paid 3.00 EUR of purchase R-2."
    assert len(returned["reasons"]) == 2
    russian = till.get(f"/purchases/{purchase['id']}/explain?language=ru").json
    assert russian["awards"][0]["reason"].startswith("Бонусы: 5 за покупки")
    assert till.get(f"/purchases/{purchase['id']}/explain?language=de").status_code == 422
    other = transact(lambda: a_till(a_shop(till.shop.program, card="77"), till.client))
    assert other.get(f"/purchases/{purchase['id']}/explain").status_code == 404


def a_return(qty_m: int = 500, **more: Any) -> dict[str, Any]:
    """A return of half of the first line, as JSON."""
    return {"external_id": "T-1", "occurred_at": NOON, "lines": [{"no": 1, "qty_m": qty_m}], **more}
