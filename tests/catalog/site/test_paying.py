"""Paying a part by card, as a member sees it: chosen without a script, paid elsewhere, told on the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from catalog import payments, pricing
from coalition.kernel import ids
from coalition.kernel.db import fetch_one, transact
from tests.catalog.orders.builders import (
    FakeSupplier,
    World,
    a_member,
    a_world,
    assert_laws_hold,
    bind,
    give_points,
)
from tests.catalog.orders.working import run_jobs
from tests.catalog.payments import builders as bank
from tests.catalog.payments.builders import FakeProvider
from tests.catalog.site.test_checkout import Browser, hidden_of, sign_in

ORIGIN = "http://pay.example"


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """Half of a price at least is paid in points, in steps of ten; a point is worth a cent."""
    bind(FakeSupplier())
    made = transact(a_world)
    policy = pricing.CashPolicy("EUR", points_min_bp=5_000, points_step=10)
    transact(lambda: pricing.set_cash_policy(made.program.id, policy))
    yield made
    assert_laws_hold()


@pytest.fixture
def provider(world: World) -> FakeProvider:
    return bank.bind(FakeProvider())


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


def _policy(answer: Any) -> str:
    found = re.search(r"form-action ([^;]*)", answer.headers["Content-Security-Policy"])
    assert found is not None
    return found[1]


def _ref() -> str:
    return str(fetch_one("SELECT ref FROM payment").ref)


def _quote() -> str:
    return ids.public("quo", int(fetch_one("SELECT max(id) AS id FROM quote WHERE state = 'used'").id))


def _ordered(browser: Browser, provider: FakeProvider) -> str:
    """Where the button of the second step leads to, with 700 points and the rest by card."""
    answer = browser.press(browser.open_payment(browser.open_form()), pay="700")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def _payment_page(browser: Browser) -> Any:
    """The second step."""
    answer = browser.deliver(browser.open_form())
    return browser.client.get(answer.headers["Location"])


def test_without_a_provider_nothing_is_offered_for_cash(browser: Browser) -> None:
    page = _payment_page(browser)

    assert re.findall(r'name="pay" value="(\w+)"', page.text) == ["1390"]
    assert _policy(page) == "'self'"
    assert browser.order().endswith("notice=order_placed")
    assert fetch_one("SELECT count(*) AS n FROM payment").n == 0


def test_the_splits_are_offered_within_the_limits(browser: Browser, provider: FakeProvider) -> None:
    page = _payment_page(browser)

    offered = re.findall(r'name="pay" value="(\w+)"( checked)?', page.text)
    assert offered == [("1390", " checked"), ("1210", ""), ("1040", ""), ("870", ""), ("700", ""), ("other", "")]
    assert "€6.90" in page.text


def test_the_splits_are_offered_within_the_means(app: Flask, browser: Browser, provider: FakeProvider) -> None:
    member_id = transact(lambda: a_member(browser.world.program, browser.world.partner))
    poor = sign_in(app, browser.world, member_id, "poor@example.com")
    assert 'button-wide" disabled' in _payment_page(poor).text

    transact(lambda: give_points(browser.world.program, member_id, 1_000))

    assert re.findall(r'name="pay" value="(\w+)"', _payment_page(poor).text) == ["870", "700", "other"]


def test_the_payment_step_alone_lets_its_form_lead_to_the_provider(browser: Browser, provider: FakeProvider) -> None:
    page, allowed = _payment_page(browser), f"'self' {ORIGIN}"
    assert _policy(page) == allowed
    assert _policy(browser.press(hidden_of(page), pay="other", points="1")) == allowed

    _ordered(browser, provider)
    order = f"/orders/{_ref()}"
    paths = ("/", "/rewards", "/cart", "/orders", order, f"{order}/payment", f"/checkout?quote={_quote()}", "/nowhere")
    for path in paths:
        answer = browser.client.get(path)
        assert ORIGIN not in answer.headers.get("Content-Security-Policy", ""), path
        assert answer.status_code in (200, 303, 404), path


def test_the_form_leads_to_the_providers_page_and_back_to_an_order_that_goes_on(
    browser: Browser, provider: FakeProvider
) -> None:
    to = _ordered(browser, provider)

    payment = payments.find(_ref())
    assert (to, payment.state, payment.amount_minor) == (payment.url, "opened", 690)
    waiting = browser.client.get(f"/orders/{_ref()}")
    assert "€6.90" in waiting.text
    provider.pay(payment.session_id)
    back = browser.client.get(f"/orders/{_ref()}/payment?back=paid")

    assert (back.status_code, back.headers["Location"]) == (303, f"/orders/{_ref()}?notice=payment_received")
    run_jobs(3)
    assert bank.amounts(_ref()) == ("captured", 690, 0, 0)
    assert fetch_one("SELECT state FROM customer_order").state == "placed"
    assert "Charged to the card" in browser.client.get(back.headers["Location"]).text


def test_while_the_bank_is_silent_the_page_asks_again_by_itself(browser: Browser, provider: FakeProvider) -> None:
    _ordered(browser, provider)

    page = browser.client.get(f"/orders/{_ref()}/payment?back=paid")

    assert '<meta http-equiv="refresh" content="3">' in page.text
    assert provider.calls.count("look") == 1
    browser.client.get(f"/orders/{_ref()}/payment?back=paid")
    assert provider.calls.count("look") == 1


def test_who_leaves_can_come_back_to_the_same_page_or_cancel(browser: Browser, provider: FakeProvider) -> None:
    to = _ordered(browser, provider)

    page = browser.client.get(f"/orders/{_ref()}/payment?back=left")

    assert f'href="{to}"' in page.text
    assert "Nothing was paid" in page.text
    assert "http-equiv" not in page.text
    assert browser.client.post(f"/orders/{_ref()}/cancel").status_code == 303
    run_jobs(3)
    assert bank.amounts(_ref())[0] == "voided"
    assert (browser.world.balance().available, browser.world.balance().held) == (10_000, 0)


def test_a_provider_that_is_away_is_waited_for(browser: Browser, provider: FakeProvider) -> None:
    provider.next = ["away"]

    to = _ordered(browser, provider)

    assert to == f"/orders/{_ref()}/payment"
    assert "http-equiv" in browser.client.get(to).text
    run_jobs(2)
    page = browser.client.get(to)
    assert f'href="{payments.find(_ref()).url}"' in page.text


def test_a_page_that_is_over_ends_the_order_and_says_why(browser: Browser, provider: FakeProvider) -> None:
    _ordered(browser, provider)
    provider._set(payments.find(_ref()).session_id, status="expired")

    back = browser.client.get(f"/orders/{_ref()}/payment?back=left")
    run_jobs(2)

    assert back.headers["Location"] == f"/orders/{_ref()}"
    assert "was not paid in time" in browser.client.get(f"/orders/{_ref()}").text


def test_pressing_twice_asks_for_one_payment(browser: Browser, provider: FakeProvider) -> None:
    paying = browser.open_payment(browser.open_form())

    first, second = browser.press(paying, pay="700"), browser.press(paying, pay="700")

    assert first.headers["Location"] == second.headers["Location"]
    assert provider.done("open") == 1


@pytest.mark.parametrize("number", ["690", "1400", "-1", "many", ""])
def test_a_number_outside_the_limits_is_said_and_kept(browser: Browser, provider: FakeProvider, number: str) -> None:
    page = browser.press(browser.open_payment(browser.open_form()), pay="other", points=number)

    assert page.status_code == 422
    assert "choose within the limits" in page.text
    assert f'value="{number}"' in page.text
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


@pytest.mark.parametrize(("pay", "points", "cash"), [("other", "1 000", 390), ("870", "", 520), ("1390", "", 0)])
def test_the_chosen_points_pay(browser: Browser, provider: FakeProvider, pay: str, points: str, cash: int) -> None:
    browser.press(browser.open_payment(browser.open_form()), pay=pay, points=points)

    assert fetch_one("SELECT cash_minor FROM customer_order").cash_minor == cash


def test_a_strangers_payment_is_nobodys(app: Flask, browser: Browser, provider: FakeProvider) -> None:
    _ordered(browser, provider)
    other_id = transact(lambda: a_member(browser.world.program, browser.world.partner))
    stranger = sign_in(app, browser.world, other_id, "other@example.com")

    assert stranger.client.get(f"/orders/{_ref()}/payment").status_code == 404


def test_an_order_without_cash_has_no_payment_page(browser: Browser, provider: FakeProvider) -> None:
    placed = browser.press(browser.open_payment(browser.open_form()), pay="1390")

    assert browser.client.get(placed.headers["Location"].partition("?")[0] + "/payment").status_code == 404
