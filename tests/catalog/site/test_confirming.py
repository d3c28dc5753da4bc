"""Many points leave with a password or a fresh sign-in, and not on the day on which the way to sign in changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask
from passlib.totp import TOTP

from catalog.site import confirming
from coalition import access, programs
from coalition.access.factors import totp
from coalition.access.links import make_link
from coalition.kernel import clock
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_all, transact
from tests import racing
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind
from tests.catalog.site.test_checkout import PASSWORD, Browser, open_session, sign_in
from wsgi import create_app

ANOTHER = "another correct horse battery"
_AT_ONCE, _ROUNDS = 4, 2


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A member to whom every order is a large one."""
    bind(FakeSupplier())
    world: World = transact(a_world)
    _ask_from(world, 0)
    return sign_in(app, world, world.member_id, "anna@example.com")


def _ask_from(world: World, minor: int) -> None:
    """From so much on the program wants the password."""
    transact(lambda: programs.change(world.program.id, confirm_from_minor=minor))


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


def test_who_has_an_app_is_asked_for_its_code_instead(browser: Browser) -> None:
    [user] = transact(lambda: fetch_all("SELECT id FROM user_account WHERE email = 'anna@example.com'"))
    device = TOTP(key=transact(lambda: totp.begin_totp(user.id, "club")).secret)
    now = clock.now()
    transact(lambda: totp.confirm_totp(user.id, device.generate(now).token))
    _signed_in_before()
    paying = browser.open_payment(browser.open_form())
    page = browser.client.get(f"/checkout/payment?quote={paying['quote']}").text

    refused = [browser.press(paying, password=typed) for typed in ("", PASSWORD, device.generate(now).token)]
    code = device.generate(now + dt.timedelta(seconds=30)).token

    assert "Code of your app" in page and "Your password" not in page
    assert [one.status_code for one in refused] == [422] * 3  # nothing, the password, and a code that was used
    assert "take a code of your app" in refused[0].text and "code is wrong" in refused[1].text
    assert _orders() == 0
    assert browser.press(paying, password=code).status_code == 303
    assert browser.press(paying, password=code).status_code == 303, "the same form sent again leads to the same order"
    assert _orders() == 1


def test_few_points_take_no_password(browser: Browser) -> None:
    _ask_from(browser.world, 10**9)
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
    _ask_from(browser.world, 0 if large else 10**9)
    paying = browser.open_payment(browser.open_form())
    _change(browser, deed)

    answer = browser.press(paying)

    assert _orders() == ordered
    assert answer.status_code == (303 if ordered else 422)
    assert ordered or "For your safety" in answer.text
    monkeypatch.setattr(confirming, "COOL", confirming.COOL * 0)
    assert browser.press(paying).status_code == 303, "the day is over"
    assert _orders() == 1


def _worth_of_one(browser: Browser) -> int:
    """What one order of these is worth, in minor units of the program's money."""
    [row] = transact(lambda: fetch_all("SELECT points_paid FROM customer_order ORDER BY id DESC LIMIT 1"))
    return int(row.points_paid * programs.main_currency(browser.world.program.id).face_minor)


def test_small_orders_of_one_day_add_up(browser: Browser) -> None:
    _signed_in_before()
    _ask_from(browser.world, 10**9)
    browser.order()
    _ask_from(browser.world, 2 * _worth_of_one(browser))

    second = browser.open_payment(browser.open_form())
    page, refused = browser.client.get(f"/checkout/payment?quote={second['quote']}").text, browser.press(second)

    assert 'name="password"' in page
    assert (refused.status_code, _orders()) == (422, 1)
    assert browser.press(second, password=PASSWORD).status_code == 303
    assert browser.press(second).status_code == 303, "the same form sent again leads to the same order"
    assert _orders() == 2


@pytest.mark.parametrize(
    "change",
    [
        "placed_at = placed_at - interval '24 hours'",
        "state = 'cancelled'",
        "state = 'rejected'",
        "external_id = 'till-1'",
    ],
)
def test_what_was_called_off_or_is_of_another_day_or_place_adds_nothing(browser: Browser, change: str) -> None:
    _signed_in_before()
    _ask_from(browser.world, 10**9)
    browser.order()
    _ask_from(browser.world, 2 * _worth_of_one(browser))
    transact(lambda: execute(f"UPDATE customer_order SET {change}"))

    assert browser.press(browser.open_payment(browser.open_form())).status_code == 303


def test_of_small_orders_of_one_moment_only_as_many_pass_as_are_small_together(fresh_database: Config) -> None:
    app = create_app(fresh_database)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        bind(FakeSupplier())
        world = transact(lambda: a_world(pieces=50, points=50_000))
        first = sign_in(app, world, world.member_id, "anna@example.com")
        browsers = [_window_of(first) for _ in range(_AT_ONCE)]
        _signed_in_before()
        browsers[0].order()
        _ask_from(world, 3 * _worth_of_one(browsers[0]))
        for _ in range(_ROUNDS):
            transact(lambda: execute("UPDATE customer_order SET placed_at = placed_at - interval '1 day'"))
            paying = [one.open_payment(one.open_form()) for one in browsers]

            ends = racing.at_once(app, [partial(_pressed, *each) for each in zip(browsers, paying, strict=True)])

            assert sorted(ends) == [303, 303, *[422] * (_AT_ONCE - 2)]
        db.session.remove()
        db.engine.dispose()


def _window_of(browser: Browser) -> Browser:
    """The same person's browser, which can press at the same moment."""
    client, cookie = browser.client.application.test_client(), browser.client.get_cookie("session")
    assert cookie is not None
    client.set_cookie("session", cookie.value)
    return replace(browser, client=client)


def _pressed(browser: Browser, paying: dict[str, str]) -> int:
    return int(browser.press(paying).status_code)
