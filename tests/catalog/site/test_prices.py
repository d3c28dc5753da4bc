"""A member sees the member's own price everywhere, and can ask why it is what it is."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import pricing
from coalition import ledger, partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind
from tests.catalog.site.test_checkout import Browser, sign_in

A_FIFTH_OFF = pricing.Terms("Autumn present", "Осенний подарок", "percent", 2000, segment=None)


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    return transact(a_world)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


def give_a_fifth_off(world: World) -> None:
    def work() -> None:
        pricing.create_rule(world.program.id, "autumn", A_FIFTH_OFF)
        granted = pricing.Grant(world.member_id, clock.now() + dt.timedelta(days=30))
        pricing.grant(world.program.id, "autumn", [granted])

    transact(work)


def path(world: World, at: int = 0) -> str:
    return f"/rewards/{ids.public('rew', world.rewards[at].id)}"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_personal_price_is_shown_with_the_old_one_and_its_reason(browser: Browser, language: str) -> None:
    give_a_fifth_off(browser.world)

    page = browser.client.get(path(browser.world), headers={"Accept-Language": language}).text

    assert {"en": "Autumn present", "ru": "Осенний подарок"}[language] in page
    for figure in ("800", {"en": "1,000", "ru": "1\u00a0000"}[language], "20"):
        assert figure in page


def test_the_grid_the_cart_and_the_wish_list_name_the_same_price(browser: Browser) -> None:
    give_a_fifth_off(browser.world)
    reward = {"reward": ids.public("rew", browser.world.rewards[0].id)}
    browser.client.post("/cart", data=reward)
    browser.client.post("/wishes", data=reward)

    for where in ("/", "/cart", "/wishes"):
        text = browser.client.get(where).text
        assert "800" in text, where
        assert "dearer" not in text


def test_a_visitor_sees_the_price_for_everybody(app: Flask, world: World) -> None:
    give_a_fifth_off(world)

    text = app.test_client().get(path(world)).text

    assert ("1,000" in text, "Why this price" in text) == (True, False)


def test_points_on_their_way_are_told_with_the_day_on_which_they_are_enough(browser: Browser) -> None:
    world = browser.world
    transact(lambda: ledger_spends(world, 9_500))
    transact(lambda: points_on_their_way(world, 600, days=10))

    text = browser.client.get(path(world)).text

    day = clock.now() + dt.timedelta(days=10)
    assert "Points on their way make it enough on" in text
    assert f'datetime="{day:%Y-%m-%d}' in text


def test_points_on_their_way_that_are_too_few_are_told_as_such(browser: Browser) -> None:
    world = browser.world
    transact(lambda: ledger_spends(world, 9_500))
    transact(lambda: points_on_their_way(world, 100, days=10))

    text = browser.client.get(path(world)).text

    assert "100 points are on their way, and it takes more." in text


def ledger_spends(world: World, points: int) -> None:
    """The member orders until only the rest of 10,000 points is left."""
    currency = programs.main_currency(world.program.id)
    wallet = ledger.account(world.program.id, currency.id, ledger.AccountKind.WALLET, world.member_id)
    ledger.hold(
        wallet,
        points,
        86_400,
        program_id=world.program.id,
        partner_id=world.partner.id,
        currency_id=currency.id,
        external_id="spent",
        request_hash=b"spent",
        purpose="order",
        operation=ledger.Operation.ORDER,
        **programs.drawing(currency),
    )


def points_on_their_way(world: World, points: int, *, days: int) -> None:
    """Points that become usable only after so many days."""
    currency = programs.main_currency(world.program.id)
    entity = partners.operator_entity(world.program.id)
    now = clock.now()
    (posted,) = ledger.post(
        [
            ledger.Credit(
                account_id=ledger.account(world.program.id, currency.id, ledger.AccountKind.WALLET, world.member_id),
                contra_id=ledger.account(world.program.id, currency.id, ledger.AccountKind.ISSUANCE, entity.id),
                amount=points,
                occurred_at=now,
                program_id=world.program.id,
                partner_id=world.partner.id,
                currency_id=currency.id,
                operation=ledger.Operation.ADJUSTMENT,
                external_id="on-the-way",
                request_hash=b"on-the-way",
                funding_id=ledger.funding([(entity.id, 1)]),
                active_at=now + dt.timedelta(days=days),
                expires_at=now + dt.timedelta(days=365),
            )
        ]
    )
    posted.or_refuse()


def test_delivery_to_a_place_is_told_before_anything_is_ordered(browser: Browser) -> None:
    page = path(browser.world)
    assert "Delivery to your place" in browser.client.get(page).text

    told = browser.client.get(f"{page}?country=LV&postcode=LV-1010").text

    assert "390 points" in told
    for nonsense in ("country=XX&postcode=1", "country=LV&postcode=%27", "country=LV&postcode="):
        assert browser.client.get(f"{page}?{nonsense}").status_code == 200
