"""The order form and the pages of orders, as a member's browser sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import shipments
from coalition import access
from coalition.kernel import ids, jobs
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_member, a_world, assert_laws_hold, bind, give_points

PASSWORD = "correct horse battery staple"
FORM = {
    "delivery": "courier",
    "name": "Anna Ozola",
    "email": "anna@example.com",
    "phone": "+371 20000000",
    "country": "LV",
    "city": "Riga",
    "postcode": "LV-1010",
    "address": "Brivibas iela 40",
    "note": "Ring twice",
    "consent": "yes",
}


@dataclass
class Browser:
    """A signed-in member."""

    world: World
    client: FlaskClient

    def open_form(self, at: int = 0, qty: int = 1) -> dict[str, str]:
        """The hidden fields of the order form of a reward."""
        reward = ids.public("rew", self.world.rewards[at].id)
        page = self.client.get(f"/checkout?reward={reward}&qty={qty}")
        assert page.status_code == 200
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))

    def press(self, hidden: dict[str, str], **changes: str) -> Any:
        return self.client.post("/checkout", data={**FORM, **hidden, **changes})


def sign_in(app: Flask, world: World, member_id: int, email: str) -> Browser:
    transact(
        lambda: access.create_user(
            email, PASSWORD, ["member"], owner_ref=f"member:{member_id}", program_id=world.program.id
        )
    )
    client = app.test_client()
    assert client.post("/login", data={"email": email, "password": PASSWORD}).status_code == 302
    return Browser(world, client)


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    return transact(a_world)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


def test_an_order_is_placed_followed_and_delivered(browser: Browser) -> None:
    placed = browser.press(browser.open_form())
    assert (placed.status_code, placed.headers["Location"][:12]) == (303, "/orders/ord_")

    page = browser.client.get(placed.headers["Location"])
    assert page.status_code == 200
    assert "Brivibas iela 40; Ring twice, Riga, LV-1010" in page.text
    jobs.run_due(20)
    _deliver(browser.world)

    page = browser.client.get(placed.headers["Location"])
    assert "BalticPost" in page.text
    assert "RR1LV" in page.text
    assert "Handed over in Riga" in page.text
    assert browser.client.get("/orders").text.count("/orders/ord_") == 1
    assert_laws_hold()


def test_pressing_twice_places_one_order(browser: Browser) -> None:
    hidden = browser.open_form()

    first, second = browser.press(hidden), browser.press(hidden)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 1


def test_a_used_form_with_another_address_makes_no_second_order(browser: Browser) -> None:
    hidden = browser.open_form()
    browser.press(hidden)

    again = browser.press(hidden, city="Jurmala")

    assert again.status_code == 422
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 1


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"email": "nobody"},
        {"phone": "x"},
        {"postcode": "?"},
        {"country": "XX"},
        {"consent": ""},
        {"city": "x" * 81},
    ],
)
def test_a_wrong_field_shows_the_form_again_and_keeps_the_price(browser: Browser, change: dict[str, str]) -> None:
    hidden = browser.open_form()

    page = browser.press(hidden, **change)

    assert page.status_code == 422
    assert f'name="quote" value="{hidden["quote"]}"' in page.text
    assert f'name="key" value="{hidden["key"]}"' in page.text
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


def test_an_expired_price_that_has_risen_is_shown_before_it_is_charged(browser: Browser) -> None:
    hidden = browser.open_form()
    transact(lambda: execute("UPDATE quote SET expires_at = now()"))
    transact(lambda: execute("UPDATE reward SET points = points + 1"))

    page = browser.press(hidden)

    assert page.status_code == 422
    fresh = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert fresh["quote"] != hidden["quote"]
    assert browser.press(fresh).status_code == 303


def test_too_few_points_are_said_on_the_form(browser: Browser) -> None:
    hidden = browser.open_form(qty=5)
    transact(lambda: browser.world.place(browser.world.quote((browser.world.rewards[1].id, 5))))

    page = browser.press(hidden)

    assert page.status_code == 422
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 1


def test_an_order_can_be_cancelled_by_its_member_and_by_nobody_else(app: Flask, browser: Browser) -> None:
    order = browser.press(browser.open_form()).headers["Location"].partition("?")[0]
    other_id = transact(lambda: a_member(browser.world.program, browser.world.partner))
    transact(lambda: give_points(browser.world.program, other_id, 100))
    stranger = sign_in(app, browser.world, other_id, "other@example.com")

    assert stranger.client.get(order).status_code == 404
    assert stranger.client.post(f"{order}/cancel").status_code == 404
    assert browser.client.post(f"{order}/cancel").status_code == 303

    assert fetch_one("SELECT state FROM customer_order").state == "cancelled"
    assert browser.client.get(order).status_code == 200
    assert_laws_hold()


def test_cancelling_too_late_changes_nothing(browser: Browser) -> None:
    order = browser.press(browser.open_form()).headers["Location"].partition("?")[0]
    jobs.run_due(20)

    assert browser.client.post(f"{order}/cancel").status_code == 303

    assert fetch_one("SELECT state FROM customer_order").state == "placed"


def test_strangers_are_sent_to_sign_in(app: Flask, world: World) -> None:
    client = app.test_client()

    for path in ("/orders", "/orders/ord_0000000000001", "/checkout?reward=x"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login")


def _deliver(world: World) -> None:
    ref = fetch_one("SELECT client_ref FROM supplier_order").client_ref
    lines = [{"sku": world.rewards[0].supplier_sku, "qty": 1}]
    parcel = {"carrier": "balticpost", "tracking_no": "RR1LV", "lines": lines}
    when = "2026-11-20T09:00:00+00:00"
    news = {"type": "parcel.shipped", "client_ref": ref, "external_id": "X", "occurred_at": when, "parcel": parcel}
    scan = {"tracking_no": "RR1LV", "status": "delivered", "text": "Handed over in Riga", "occurred_at": when}
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    transact(lambda: shipments.receive(shipments.SUPPLIER, str(world.supplier.id), "m1", news))
    transact(lambda: shipments.receive(shipments.CARRIER, "balticpost", "m2", {"events": [scan]}))
    jobs.run_due(20)
