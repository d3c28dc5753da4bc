"""The order form and the pages of orders, as a member's browser sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import pricing, shipments
from coalition import access, members, programs
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
        asked = self.client.get(f"/checkout?reward={reward}&qty={qty}")
        assert asked.status_code == 303
        page = self.client.get(asked.headers["Location"])
        assert page.status_code == 200
        return hidden_of(page)

    def deliver(self, hidden: dict[str, str], **changes: str) -> Any:
        """Press the button of the first step."""
        return self.client.post("/checkout", data={**FORM, **hidden, **changes})

    def open_payment(self, hidden: dict[str, str]) -> dict[str, str]:
        """The hidden fields of the second step, after a good first one."""
        answer = self.deliver(hidden)
        assert (answer.status_code, answer.headers["Location"][:24]) == (303, "/checkout/payment?quote=")
        return hidden_of(self.client.get(answer.headers["Location"]))

    def press(self, paying: dict[str, str], **changes: str) -> Any:
        """Press the button of the second step."""
        return self.client.post("/checkout/payment", data={**paying, **changes})

    def order(self, at: int = 0, qty: int = 1) -> str:
        """Order a reward in both steps; where it led."""
        placed = self.press(self.open_payment(self.open_form(at, qty)))
        assert placed.status_code == 303
        return str(placed.headers["Location"])


def hidden_of(page: Any) -> dict[str, str]:
    """The hidden fields of a page's main form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


def sign_in(app: Flask, world: World, member_id: int, email: str) -> Browser:
    """A member whose browser has a session already: signing in is tested elsewhere, and hashing takes its time."""
    user = transact(
        lambda: access.create_user(
            email, PASSWORD, ["member"], owner_ref=f"member:{member_id}", program_id=world.program.id
        )
    )
    client = app.test_client()
    open_session(client, user.id)
    return Browser(world, client)


def open_session(client: FlaskClient, user_id: int) -> None:
    """Give a browser a session of the user's."""
    known = fetch_one("SELECT fs_uniquifier FROM user_account WHERE id = :id", {"id": user_id})
    key = transact(lambda: access.open_session(user_id, "password", "", idles=False))
    with client.session_transaction() as session:
        session.update({"_user_id": known.fs_uniquifier, "_fresh": True, "key": key})


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    return transact(a_world)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


def test_an_order_is_placed_followed_and_delivered(browser: Browser) -> None:
    placed = browser.order()
    assert placed[:12] == "/orders/ord_"

    page = browser.client.get(placed)
    assert page.status_code == 200
    assert "Brivibas iela 40; Ring twice, Riga, LV-1010" in page.text
    jobs.run_due(20)
    _deliver(browser.world)

    page = browser.client.get(placed)
    assert "BalticPost" in page.text
    assert "RR1LV" in page.text
    assert "Handed over in Riga" in page.text
    assert browser.client.get("/orders").text.count("/orders/ord_") == 1
    assert_laws_hold()


def test_pressing_twice_places_one_order(browser: Browser) -> None:
    paying = browser.open_payment(browser.open_form())

    first, second = browser.press(paying), browser.press(paying)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 1


def test_a_used_price_makes_no_second_order(browser: Browser) -> None:
    hidden = browser.open_form()
    paying = browser.open_payment(hidden)
    browser.press(paying)

    for again in (browser.press({**paying, "key": "another-key-of-the-form"}), browser.deliver(hidden, city="Jurmala")):
        assert (again.status_code, again.headers["Location"]) == (303, "/cart?notice=price_lapsed")
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
        {"delivery": "drone"},
    ],
)
def test_a_wrong_field_shows_the_form_again_and_keeps_the_price(browser: Browser, change: dict[str, str]) -> None:
    hidden = browser.open_form()

    page = browser.deliver(hidden, **change)

    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert f'name="quote" value="{hidden["quote"]}"' in page.text
    assert fetch_one("SELECT address FROM quote").address is None


def test_the_payment_wants_an_address_first(browser: Browser) -> None:
    hidden = browser.open_form()

    early = browser.client.get(f"/checkout/payment?quote={hidden['quote']}")

    assert (early.status_code, early.headers["Location"]) == (303, f"/checkout?quote={hidden['quote']}")


def test_the_checkout_of_nothing_is_the_cart(browser: Browser) -> None:
    answer = browser.client.get("/checkout")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/cart")


def test_the_first_step_keeps_what_was_typed(browser: Browser) -> None:
    hidden = browser.open_form()
    browser.open_payment(hidden)

    again = browser.client.get(f"/checkout?quote={hidden['quote']}").text

    for typed in ("Brivibas iela 40; Ring twice", "LV-1010", "+371 20000000"):
        assert typed in again


def test_an_expired_price_that_is_still_true_is_honoured(browser: Browser) -> None:
    paying = browser.open_payment(browser.open_form())
    transact(lambda: execute("UPDATE quote SET expires_at = now()"))

    assert browser.press(paying).status_code == 303

    assert fetch_one("SELECT points FROM customer_order").points == 1390


def test_a_price_that_has_risen_asks_for_consent_and_nothing_is_ordered_without_it(browser: Browser) -> None:
    paying = browser.open_payment(browser.open_form())
    transact(lambda: execute("UPDATE quote SET expires_at = now()"))
    transact(lambda: execute("UPDATE reward SET points = 1200"))

    page = browser.press(paying)

    assert page.status_code == 422
    assert "it went from 1,390 points to 1,590 points" in page.text
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0
    assert browser.press(hidden_of(page)).status_code == 303
    assert fetch_one("SELECT points FROM customer_order").points == 1590
    assert_laws_hold()


def test_too_few_points_are_said_on_the_form(browser: Browser) -> None:
    paying = browser.open_payment(browser.open_form(qty=5))
    transact(lambda: browser.world.place(browser.world.quote((browser.world.rewards[1].id, 5))))

    page = browser.press(paying)

    assert page.status_code == 422
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 1


def test_a_program_that_wants_a_proof_gets_the_members_one_time_code(browser: Browser) -> None:
    world = browser.world
    transact(lambda: programs.change(world.program.id, proof_policy="spend"))
    paying = browser.open_payment(browser.open_form())

    without, wrong = browser.press(paying), browser.press(paying, proof="00000000")
    assert (without.status_code, wrong.status_code) == (422, 422)
    assert "Enter your one-time code" in without.text
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0
    proof = transact(lambda: members.prove(world.program.id, world.member_id))

    assert browser.press(paying, proof=proof.code).status_code == 303
    assert browser.press(paying).status_code == 303
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 1


def test_a_pick_up_point_is_found_and_chosen(browser: Browser) -> None:
    world = browser.world
    transact(lambda: _pickup_points(world))
    hidden = browser.open_form()

    listed = browser.deliver(hidden, find="1", delivery="parcels", city="Riga")
    missing = browser.deliver(hidden, delivery="parcels", city="Riga")
    chosen = browser.deliver(hidden, delivery="parcels", city="Riga", point="omniva:0042")

    assert (listed.status_code, "Central station" in listed.text) == (200, True)
    assert (missing.status_code, "Choose a pick-up point" in missing.text) == (422, True)
    assert chosen.status_code == 303
    assert "Central station, Stacijas laukums 2" in browser.client.get(chosen.headers["Location"]).text


def test_an_order_can_be_cancelled_by_its_member_and_by_nobody_else(app: Flask, browser: Browser) -> None:
    order = browser.order().partition("?")[0]
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
    order = browser.order().partition("?")[0]
    jobs.run_due(20)

    assert browser.client.post(f"{order}/cancel").status_code == 303

    assert fetch_one("SELECT state FROM customer_order").state == "placed"


def test_strangers_are_sent_to_sign_in(app: Flask, world: World) -> None:
    client = app.test_client()

    for path in ("/orders", "/orders/ord_0000000000001", "/checkout?reward=x"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login")


def _pickup_points(world: World) -> None:
    """The supplier sends through a carrier with a tariff and points of its own."""
    point = pricing.PickupPoint(
        "omniva", "0042", "Central station", "LV", "Riga", "LV-1050", "Stacijas laukums 2", "24 h"
    )
    pricing.set_points(world.program.id, "omniva", [point])
    known = {"program_id": world.program.id, "supplier_id": world.supplier.id}
    execute(
        "INSERT INTO delivery_service (program_id, supplier_id, code, carrier, service, kind)"
        " VALUES (:program_id, :supplier_id, 'parcels', 'omniva', 'parcels', 'pickup')",
        known,
    )
    execute(
        "INSERT INTO tariff_zone (program_id, carrier, country, kind, prefix, zone)"
        " VALUES (:program_id, 'omniva', 'LV', 'postal', '', 'lv')",
        known,
    )
    execute(
        "INSERT INTO carrier_tariff (program_id, carrier, service, zone, weight_g, valid, base_minor, per_kg_minor,"
        " days_min, days_max) VALUES (:program_id, 'omniva', 'parcels', 'lv', '[0,30000]', '[2020-01-01,)', 250, 0,"
        " 1, 2)",
        known,
    )


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
