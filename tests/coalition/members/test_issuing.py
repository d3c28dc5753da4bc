"""Virtual cards: numbers that we make, shown to whoever asked for them and kept as a hash."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition import members
from coalition.kernel.db import fetch_all
from coalition.members import issuing
from coalition.members.normalising import is_bank_card
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import Shop, a_body, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop with a member."""
    return a_shop()


@pytest.fixture
def till(app: Flask, shop: Shop) -> Till:
    """A till of the shop."""
    return a_till(shop, app.test_client())


def test_a_virtual_card_passes_luhns_check_and_earns_at_a_till(till: Till) -> None:
    made = till.post(_cards(till), {"external_id": "V-1"})

    number = made.json["number"]
    assert made.status_code == 201
    assert number.startswith("98")
    assert is_bank_card(number)  # by its check digit
    bought = till.post("/purchases", a_body(1000, member={"kind": "card", "value": number}))
    assert bought.json["member_id"] == _member(till)


def test_the_same_request_says_the_same_number_and_nothing_keeps_it(till: Till) -> None:
    first = till.post(_cards(till), {"external_id": "V-1"})
    again = till.post(_cards(till), {"external_id": "V-1"}, Idempotency_Key="one")
    other = till.post(_cards(till), {"external_id": "V-2"})

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.json["number"] != first.json["number"]
    for table in ("identifier", "audit", "idempotency", "outbox"):
        rows = fetch_all(f"SELECT t::text AS told FROM {table} t")
        assert not any(first.json["number"] in row.told for row in rows), table


def test_a_number_that_somebody_has_is_left_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = "9800010000000017", "9800010000000025"
    members.add(shop.program.id, shop.partner.id, shop.member.id, "card", taken)
    drawn = iter([taken, free])
    monkeypatch.setattr(issuing, "_number", lambda *_: next(drawn))
    stranger = members.enrol(shop.program.id, shop.partner.id, members.Enrolment("M-2", b"x"))[0]

    _, number, replayed = members.issue_card(shop.program.id, shop.partner.id, stranger.id, "V-1")

    assert (number, replayed) == (free, False)


def test_a_stranger_gets_no_card(till: Till) -> None:
    assert till.post(_cards(till), {}).status_code == 422
    assert till.post("/members/mbr_0000000000000/cards", {"external_id": "V-1"}).status_code == 404


def _member(till: Till) -> str:
    return str(till.post("/members/lookup", {"kind": "card", "value": "4276000012345678"}).json["id"])


def _cards(till: Till) -> str:
    return f"/members/{_member(till)}/cards"
