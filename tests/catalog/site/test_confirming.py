"""Many points leave with a password or a fresh sign-in, and not on the day on which the way to sign in changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from catalog.site import confirming
from coalition import access
from coalition.access.links import make_link
from coalition.kernel.db import execute, fetch_all, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind
from tests.catalog.site.test_checkout import PASSWORD, Browser, open_session, sign_in

ANOTHER = "another correct horse battery"


@pytest.fixture
def browser(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """A member to whom every order is a large one."""
    bind(FakeSupplier())
    monkeypatch.setattr(confirming, "LARGE_MINOR", 1)
    world: World = transact(a_world)
    return sign_in(app, world, world.member_id, "anna@example.com")


def _signed_in_before() -> None:
    """The sign-in is of an hour ago."""
    sql = "UPDATE user_session SET started_at = started_at - interval '1 hour'"
    transact(lambda: execute(sql))


def _change_email(user_id: int) -> None:
    access.confirm_new_email(make_link("email", "anna@elsewhere.example", user_id=user_id))


def _reset_password(user_id: int) -> None:
    access.reset_password(make_link("reset", "anna@example.com", user_id=user_id), ANOTHER)


def _change_password(user_id: int) -> None:
    access.change_password(user_id, PASSWORD, ANOTHER)


def _change(browser: Browser, deed: Callable[[int], None]) -> None:
    """Change the way to sign in just now, and sign in by it."""
    [user] = transact(lambda: fetch_all("SELECT id FROM user_account WHERE email = 'anna@example.com'"))
    transact(lambda: deed(user.id))
    open_session(browser.client, user.id)


def _orders() -> int:
    [row] = transact(lambda: fetch_all("SELECT count(*) AS n FROM customer_order"))
    return int(row.n)


def test_who_has_signed_in_just_now_is_asked_nothing(browser: Browser) -> None:
    paying = browser.open_payment(browser.open_form())

    assert browser.press(paying).status_code == 303
    assert _orders() == 1


def test_many_points_leave_with_the_password_alone_when_the_sign_in_is_old(browser: Browser) -> None:
    _signed_in_before()
    hidden = browser.open_form()
    paying = browser.open_payment(hidden)
    page = browser.client.get(f"/checkout/payment?quote={paying['quote']}").text

    none, wrong = browser.press(paying), browser.press(paying, password="not my password")

    assert 'name="password"' in page
    assert (none.status_code, wrong.status_code, _orders()) == (422, 422, 0)
    assert 'href="#password"' in none.text and "not your password" in wrong.text
    assert "not my password" not in wrong.text
    assert browser.press(paying, password=PASSWORD).status_code == 303
    assert _orders() == 1


def test_few_points_take_no_password(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "LARGE_MINOR", 10**9)
    _signed_in_before()
    paying = browser.open_payment(browser.open_form())

    assert 'name="password"' not in browser.client.get(f"/checkout/payment?quote={paying['quote']}").text
    assert browser.press(paying).status_code == 303


@pytest.mark.parametrize(
    ("deed", "large", "ordered"),
    [
        (_change_email, True, 0),
        (_change_email, False, 0),
        (_reset_password, True, 0),
        (_change_password, True, 0),
        (_reset_password, False, 1),
    ],
)
def test_for_a_day_after_a_change_of_the_way_to_sign_in_points_rest(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, deed: Callable[[int], None], large: bool, ordered: int
) -> None:
    monkeypatch.setattr(confirming, "LARGE_MINOR", 1 if large else 10**9)
    paying = browser.open_payment(browser.open_form())
    _change(browser, deed)

    answer = browser.press(paying, password=ANOTHER)

    assert _orders() == ordered
    assert answer.status_code == (303 if ordered else 422)
    assert ordered or "For your safety" in answer.text
    monkeypatch.setattr(confirming, "COOL", confirming.COOL * 0)
    assert browser.press(paying).status_code == 303, "the day is over"
    assert _orders() == 1
