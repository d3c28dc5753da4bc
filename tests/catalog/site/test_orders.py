"""A member's order: what was issued is shown on demand, what can be called off is, what was good is ordered again."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import orders, shipments
from catalog.ports import Artefact, Caps
from coalition import members
from coalition.kernel import ids
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_member, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs
from tests.catalog.site.test_checkout import Browser, sign_in


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier())


@pytest.fixture
def world(app: Flask, supplier: FakeSupplier) -> World:
    return transact(a_world)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


def page_of(order: orders.Order) -> str:
    return f"/orders/{ids.public('ord', order.id)}"


def an_issued_order(world: World, supplier: FakeSupplier) -> orders.Order:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 2))))
    codes = tuple(Artefact(order.lines[0].supplier_sku, unit, "code", f"GIFT-{unit}") for unit in (1, 2))
    supplier.told = {"issued": True, "artefacts": codes}
    run_jobs()
    return order


def test_codes_are_hidden_until_they_are_asked_for_and_never_cached(browser: Browser, supplier: FakeSupplier) -> None:
    order = an_issued_order(browser.world, supplier)

    hidden = browser.client.get(page_of(order)).text
    shown = browser.client.post(f"{page_of(order)}/codes")

    assert ("GIFT-1" in hidden, "Show the codes" in hidden) == (False, True)
    assert ["GIFT-1" in shown.text, "GIFT-2" in shown.text, "Show the codes" in shown.text] == [True, True, False]
    assert shown.headers["Cache-Control"] == "no-store"
    assert fetch_one("SELECT count(*) AS n FROM audit WHERE action = 'order.show'").n == 1


def test_nobody_else_sees_or_touches_an_order(app: Flask, browser: Browser, supplier: FakeSupplier) -> None:
    order = an_issued_order(browser.world, supplier)
    other_id = transact(lambda: a_member(browser.world.program, browser.world.partner))
    stranger = sign_in(app, browser.world, other_id, "other@example.com")

    assert stranger.client.get(page_of(order)).status_code == 404
    for deed in ("codes", "cancel", "again"):
        assert stranger.client.post(f"{page_of(order)}/{deed}").status_code == 404


def test_what_somebody_ordered_before_a_merge_is_theirs_after_it(
    app: Flask, browser: Browser, supplier: FakeSupplier
) -> None:
    world = browser.world
    order = an_issued_order(world, supplier)
    survivor_id = transact(lambda: a_member(world.program, world.partner))
    survivor = sign_in(app, world, survivor_id, "other@example.com")

    transact(lambda: members.merge(world.program.id, world.member_id, survivor_id, reason="One person"))

    number = ids.public("ord", order.id)
    for client in (survivor.client, browser.client):  # the old sign-in shows the survivor
        assert number in client.get("/orders").text
        assert client.get(page_of(order)).status_code == 200
        assert "GIFT-1" in client.post(f"{page_of(order)}/codes").text
    spent = orders.points_since(world.program.id, survivor_id, dt.timedelta(days=1))
    assert spent == order.points


def test_a_link_is_followed_only_where_it_is_a_web_address(browser: Browser, supplier: FakeSupplier) -> None:
    order = transact(lambda: browser.world.place(browser.world.quote((browser.world.rewards[0].id, 2))))
    sku = order.lines[0].supplier_sku
    told = (Artefact(sku, 1, "link", "https://tickets.example/1"), Artefact(sku, 2, "link", "javascript:alert(1)"))
    supplier.told = {"issued": True, "artefacts": told}
    run_jobs()

    shown = browser.client.post(f"{page_of(order)}/codes").text

    assert ('href="https://tickets.example/1"' in shown, 'href="javascript' in shown) == (True, False)


def test_what_nobody_has_asked_for_is_called_off(browser: Browser) -> None:
    order = transact(browser.world.place)
    assert "Yes, cancel it" in browser.client.get(page_of(order)).text

    answer = browser.client.post(f"{page_of(order)}/cancel")

    assert answer.headers["Location"].endswith("?notice=order_cancelled")
    assert "Yes, cancel it" not in browser.client.get(page_of(order)).text
    assert_laws_hold()


def test_a_second_click_is_the_same_request_and_one_after_a_refusal_another(
    browser: Browser, supplier: FakeSupplier
) -> None:
    supplier.can = Caps(idempotent_create=True, lookup_by_client_ref=True, cancel=True)
    order = transact(browser.world.place)
    run_jobs()
    supplier.next = ["refuse"]

    clicks = [browser.client.post(f"{page_of(order)}/cancel", data={"asked": "0"}) for _ in range(2)]
    run_jobs()
    assert 'name="asked" value="1"' in browser.client.get(page_of(order)).text
    browser.client.post(f"{page_of(order)}/cancel", data={"asked": "1"})
    run_jobs()

    assert [click.headers["Location"].partition("?")[2] for click in clicks] == ["notice=cancel_asked"] * 2
    assert browser.world.find(order).state == "cancelled"
    assert [what for what, _ in supplier.calls].count("cancel") == 2


def test_what_has_gone_too_far_says_so(browser: Browser) -> None:
    order = transact(browser.world.place)
    run_jobs()

    answer = browser.client.post(f"{page_of(order)}/cancel")

    assert answer.headers["Location"].endswith("?notice=cancel_refused")
    assert "gone too far" in browser.client.get(answer.headers["Location"]).text


def test_the_same_again_lies_in_the_cart(browser: Browser) -> None:
    world = browser.world
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 2), (world.rewards[1].id, 1))))
    gone = {"id": world.rewards[1].id}
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", gone))

    answer = browser.client.post(f"{page_of(order)}/again")

    assert answer.headers["Location"] == "/cart"
    assert "2 pieces" in browser.client.get("/cart").text


def test_each_parcel_of_a_share_has_its_own_number(browser: Browser) -> None:
    world = browser.world
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 2))))
    run_jobs()
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    for number in ("RR1LV", "RR2LV"):
        transact(lambda number=number: _announce(world, number))  # type: ignore[misc]
    run_jobs(2)

    text = browser.client.get(page_of(order)).text

    assert ["RR1LV" in text, "RR2LV" in text, "sent in 2 parcels" in text] == [True, True, True]


def _announce(world: World, number: str) -> None:
    ref = fetch_one("SELECT client_ref FROM supplier_order").client_ref
    parcel = {
        "carrier": "balticpost",
        "tracking_no": number,
        "lines": [{"sku": world.rewards[0].supplier_sku, "qty": 1}],
    }
    when = "2026-11-20T09:00:00+00:00"
    news = {"type": "parcel.shipped", "client_ref": ref, "external_id": "X", "occurred_at": when, "parcel": parcel}
    shipments.receive(shipments.SUPPLIER, str(world.supplier.id), number, news)


def test_the_list_shows_what_is_asked_for(browser: Browser) -> None:
    transact(browser.world.place)
    counts = {show: browser.client.get(f"/orders?show={show}").text.count("/orders/ord_") for show in ("open", "done")}

    assert counts == {"open": 1, "done": 0}
    assert "No such orders" in browser.client.get("/orders?show=failed").text
    assert browser.client.get("/orders?show=nonsense").text.count("/orders/ord_") == 1
