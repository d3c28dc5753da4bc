"""The suspense queue in the console: what waits, giving it up with a reason, trying again what was refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from coalition import purchases
from coalition.kernel.db import execute, fetch_all, transact
from coalition.purchases import Via
from tests.coalition.purchases.builders import Shop, a_body, a_receipt

QUEUE = "/console/suspense"


@pytest.fixture
def waiting(shop: Shop) -> str:
    """The address of a receipt that waits for somebody's card."""
    receipt = a_receipt(20_000, external_id="W-1", member={"kind": "card", "value": "4276000077770000"})
    [taken] = transact(lambda: purchases.accept(shop.partner.id, [receipt], Via(), hold=True))
    assert isinstance(taken, purchases.Suspended)
    return "W-1"


def address(support: FlaskClient, query: str = "") -> str:
    link = re.search(rf'href="({QUEUE}/sus_[0-9a-z]+)"', support.get(QUEUE + query).text)
    assert link
    return link.group(1)


def states() -> list[Any]:
    return [row.state for row in transact(lambda: fetch_all("SELECT state FROM suspense"))]


def test_what_waits_is_listed_by_the_end_of_its_card_only(support: FlaskClient, waiting: str) -> None:
    text = support.get(QUEUE).text

    assert waiting in text
    assert "0000" in text
    assert "4276000077770000" not in text
    assert "€200.00" in text
    assert "1" in support.get("/console").text


def test_what_came_back_of_a_receipt_stands_with_it_and_is_given_up_with_it(
    support: FlaskClient, shop: Shop, waiting: str
) -> None:
    slip = {
        "type": "return",
        "external_id": "T-7",
        "purchase_external_id": waiting,
        "occurred_at": a_body()["occurred_at"],
    }
    part = purchases.read_return({**slip, "lines": [{"no": 1, "qty_m": 400}]})
    whole = purchases.read_return({"type": "void", "external_id": "V-7", "purchase_external_id": waiting})
    taken = transact(lambda: purchases.give_back(shop.partner.id, [part, whole], Via()))
    assert [type(one) for one in taken] == [purchases.Suspended] * 2

    listed, page = support.get(QUEUE).text, address(support)
    text = support.get(page).text
    done = support.post(f"{page}/dismiss", data={"reason": "A test of the till"})
    after = support.get(address(support, "?state=dismissed")).text

    assert "2 returns wait with it" in listed
    assert ("Return T-7" in text, "line 1: 0.4" in text, "Void V-7" in text) == (True, True, True)
    assert "given up with it" in text
    assert done.status_code == 303
    assert "T-7" not in after


def test_a_receipt_is_given_up_with_a_reason_only(support: FlaskClient, waiting: str) -> None:
    page = address(support)

    without = support.post(f"{page}/dismiss", data={"reason": " "})
    done = support.post(f"{page}/dismiss", data={"reason": "A test of the till"})
    pressed_twice = support.post(f"{page}/dismiss", data={"reason": "A test of the till"})
    again = support.post(f"{page}/dismiss", data={"reason": "Once more"})

    assert without.status_code == 422
    assert 'href="#reason"' in without.text
    assert done.status_code == 303
    assert "given up" in support.get(done.location).text
    assert pressed_twice.status_code == 303
    assert again.status_code == 409
    assert "does not wait any more" in again.text
    assert states() == ["dismissed"]


def test_a_refused_receipt_is_tried_again(support: FlaskClient, waiting: str) -> None:
    refused = "UPDATE suspense SET state = 'refused', reason = 'program_halted', resolved_at = now()"
    transact(lambda: execute(refused))
    page = address(support, "?state=refused")

    shown = support.get(page).text
    done = support.post(f"{page}/retry")

    assert "the program is halted" in shown
    assert done.status_code == 303
    assert states() == ["waiting"]


@pytest.mark.parametrize(
    "query", ["?state=refused", "?state=posted", "?partner=coral", "?state=dismissed&partner=freshmart"]
)
def test_a_filter_without_a_match_offers_the_way_back(support: FlaskClient, waiting: str, query: str) -> None:
    text = support.get(QUEUE + query).text

    assert "No such receipt" in text
    assert "Show what waits" in text


def test_an_empty_queue_says_so(support: FlaskClient, shop: Shop) -> None:
    assert "Every receipt has found its member" in support.get(QUEUE).text


def test_the_queue_speaks_russian(support: FlaskClient, waiting: str) -> None:
    for page in (QUEUE, address(support)):
        assert "ждёт участника" in support.get(page, headers={"Accept-Language": "ru"}).text


@pytest.mark.parametrize("path", ["x", "sus_0000000000zzz0000000000zzz"])
def test_another_number_is_not_found(support: FlaskClient, shop: Shop, path: str) -> None:
    assert support.get(f"{QUEUE}/{path}").status_code == 404
    assert support.post(f"{QUEUE}/{path}/dismiss", data={"reason": "x"}).status_code == 404
    assert support.post(f"{QUEUE}/{path}/retry").status_code == 404
