"""The cart, the wish list and what was looked at, as a member's browser sees them, without script."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from catalog import pricing
from coalition.kernel import ids
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.builders import a_supplier, offers_in_stock
from tests.catalog.orders.builders import FakeSupplier, World, a_member, a_world, assert_laws_hold, bind
from tests.catalog.payments import builders as bank
from tests.catalog.payments.builders import FakeProvider
from tests.catalog.site.test_checkout import Browser, sign_in


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    return transact(a_world)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


def reward(world: World, at: int) -> str:
    return ids.public("rew", world.rewards[at].id)


def put(browser: Browser, at: int, qty: int = 1) -> None:
    answer = browser.client.post("/cart", data={"reward": reward(browser.world, at), "qty": qty})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cart?notice=cart_added")


def check_out(browser: Browser) -> dict[str, str]:
    """Press the cart's button; the hidden fields of the order form it leads to."""
    answer = browser.client.post("/cart/checkout")
    assert answer.status_code == 303
    page = browser.client.get(answer.headers["Location"])
    assert page.status_code == 200
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


def test_several_rewards_become_one_order(browser: Browser) -> None:
    put(browser, 0)
    put(browser, 1, 2)
    page = browser.client.get("/cart")
    assert "3 pieces" in page.text
    assert "3,390 points" in page.text

    placed = browser.press(browser.open_payment(check_out(browser)))

    assert placed.headers["Location"][:12] == "/orders/ord_"
    assert [row.qty for row in fetch_all("SELECT qty FROM order_line ORDER BY no")] == [1, 2]
    assert "Your cart is empty" in browser.client.get("/cart").text
    assert_laws_hold()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_cart_is_split_by_supplier(browser: Browser, language: str) -> None:
    other = transact(lambda: a_supplier(browser.world.program, "bookhouse"))
    transact(lambda: offers_in_stock(other, B1=3))
    added = fetch_one("SELECT max(id) AS id FROM reward").id
    put(browser, 0)
    browser.client.post("/cart", data={"reward": ids.public("rew", added)})

    text = browser.client.get("/cart", headers={"Accept-Language": language}).text

    assert text.count('aria-labelledby="parcel-') == 2
    assert "Bookhouse" in text


def test_the_header_says_how_much_lies_in_the_cart(browser: Browser) -> None:
    assert "cart-count" not in browser.client.get("/").text

    put(browser, 0, 3)

    assert re.search(r'cart-count">.*3</span>', browser.client.get("/").text)


def test_a_line_is_changed_and_taken_out(browser: Browser) -> None:
    put(browser, 0)
    put(browser, 1)

    more = browser.client.post("/cart/lines", data={"reward": reward(browser.world, 0), "qty": "4"})
    less = browser.client.post("/cart/lines", data={"reward": reward(browser.world, 1), "qty": "0"})

    assert (more.status_code, less.headers["Location"]) == (303, "/cart?notice=cart_removed")
    assert "4 pieces" in browser.client.get("/cart").text


def test_what_cannot_be_ordered_is_said_before_checkout(browser: Browser) -> None:
    put(browser, 0, 2)
    put(browser, 1)
    put(browser, 2)
    stock = "UPDATE stock SET on_hand = :left WHERE offer_id = :id"
    transact(lambda: execute(stock, {"left": 1, "id": browser.world.rewards[0].offer_id}))
    transact(lambda: execute(stock, {"left": 0, "id": browser.world.rewards[1].offer_id}))
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", {"id": browser.world.rewards[2].id}))

    page = browser.client.get("/cart").text
    refused = browser.client.post("/cart/checkout")

    assert ["Only 1 left" in page, "Out of stock" in page, "No longer in the catalog" in page] == [True, True, True]
    assert refused.status_code == 422
    assert "There is a problem" in refused.text


def test_a_changed_price_is_said_in_the_cart_and_on_the_wish_list(browser: Browser) -> None:
    put(browser, 0)
    browser.client.post("/wishes", data={"reward": reward(browser.world, 0)})
    transact(lambda: execute("UPDATE reward SET points = 800"))
    assert "200 cheaper than then" in browser.client.get("/cart").text
    assert "200 cheaper than then" in browser.client.get("/wishes").text

    transact(lambda: execute("UPDATE reward SET points = 1100"))

    assert "100 dearer than then" in browser.client.get("/wishes").text


def test_a_cart_that_was_changed_after_checkout_asks_for_a_new_one(browser: Browser) -> None:
    put(browser, 0)
    hidden = check_out(browser)
    assert "The price is held until" in browser.client.get("/cart").text
    put(browser, 1)

    late = browser.deliver(hidden)

    assert (late.status_code, late.headers["Location"]) == (303, "/cart?notice=price_lapsed")
    assert browser.client.get(f"/checkout?quote={hidden['quote']}").headers["Location"] == "/cart?notice=price_lapsed"
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


@pytest.mark.parametrize("qty", ["-1", "x", "101", "1.5"])
def test_nonsense_quantities_are_not_found(browser: Browser, qty: str) -> None:
    answer = browser.client.post("/cart", data={"reward": reward(browser.world, 0), "qty": qty})

    assert answer.status_code == 404


def test_a_full_line_is_refused_with_words(browser: Browser) -> None:
    put(browser, 0, 60)

    refused = browser.client.post("/cart", data={"reward": reward(browser.world, 0), "qty": "60"})

    assert refused.status_code == 422
    assert "The cart holds no more of this" in refused.text


def test_wishes_are_saved_and_given_up(browser: Browser) -> None:
    path = f"/rewards/{reward(browser.world, 0)}"
    browser.client.post("/wishes", data={"reward": reward(browser.world, 0)})
    assert "Saved" in browser.client.get(path).text
    assert "Thing" in browser.client.get("/wishes").text

    browser.client.post("/wishes/forget", data={"reward": reward(browser.world, 0)})

    assert "Saved" not in browser.client.get(path).text
    assert "No wishes yet" in browser.client.get("/wishes?x=1").text


def test_what_was_looked_at_is_shown_until_it_is_forgotten(browser: Browser) -> None:
    browser.client.get(f"/rewards/{reward(browser.world, 2)}")
    assert "You looked at" in browser.client.get("/wishes").text

    browser.client.post("/wishes/viewed/forget")

    assert "You looked at" not in browser.client.get("/wishes").text


def test_carts_are_their_members_own(app: Flask, browser: Browser) -> None:
    put(browser, 0)
    hidden = check_out(browser)
    other_id = transact(lambda: a_member(browser.world.program, browser.world.partner))
    stranger = sign_in(app, browser.world, other_id, "other@example.com")

    assert "Your cart is empty" in stranger.client.get("/cart").text
    assert stranger.client.get(f"/checkout?quote={hidden['quote']}").status_code == 404


def test_strangers_are_sent_to_sign_in(app: Flask, world: World) -> None:
    client = app.test_client()

    for path in ("/cart", "/wishes"):
        assert client.get(path).headers["Location"].startswith("/login")
    for path in ("/cart", "/cart/lines", "/cart/checkout", "/wishes", "/wishes/forget", "/wishes/viewed/forget"):
        assert client.post(path).headers["Location"].startswith("/login")


def test_a_card_may_pay_what_the_points_do_not(browser: Browser) -> None:
    put(browser, 0, 5)
    put(browser, 1, 5)
    assert re.search(r"<button[^>]* disabled>.{0,900}Check out", browser.client.get("/cart").text, re.DOTALL)
    transact(lambda: pricing.set_cash_policy(browser.world.program.id, pricing.CashPolicy("EUR")))

    bank.bind(FakeProvider())

    assert "or pay the rest by card" in browser.client.get("/cart").text
    assert browser.client.post("/cart/checkout").status_code == 303
