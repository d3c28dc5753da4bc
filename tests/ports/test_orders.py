"""From a search to the ticket: whole orders through the product and a vendor in another process."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from flask import Flask

from catalog import orders, pricing, rewards, suppliers
from catalog.ports import BookingSearch, Hall, Reserved, SupplierGateway
from coalition.kernel import clock, jobs, ports
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from integrations.simulator.posting import stamped
from integrations.suppliers.gateway import ProtocolGateway
from integrations.suppliers.guard import DatabaseGuard
from integrations.suppliers.searching import SupplierSearch
from tests.catalog.builders import a_category, a_supplier, offers_in_stock
from tests.catalog.orders.builders import HOME, World, a_world, assert_laws_hold
from tests.catalog.orders.working import run_jobs, state_of
from tests.catalog.suppliers.test_booking import ANNA, TODAY
from tests.ports.vendors import PIVOT, Vendor, eventually

flight = pytest.mark.parametrize("vendor", ["flight"], indirect=True)
event = pytest.mark.parametrize("vendor", ["event"], indirect=True)
giftcode = pytest.mark.parametrize("vendor", ["giftcode"], indirect=True)


@pytest.fixture
def shop(app: Flask, vendor: Vendor) -> tuple[World, suppliers.Supplier]:
    """A program that sells what the vendor has, and a rich member."""
    ports.bind(SupplierGateway, ProtocolGateway(guard=DatabaseGuard()))  # type: ignore[type-abstract]
    ports.bind(BookingSearch, SupplierSearch(guard=DatabaseGuard()))  # type: ignore[type-abstract]
    return transact(lambda: _open(vendor))


def _open(vendor: Vendor) -> tuple[World, suppliers.Supplier]:
    world = a_world(points=1_000_000)
    supplier = a_supplier(world.program, vendor.code)
    execute(
        "UPDATE supplier SET protocol = :protocol, base_url = :url, secret = :secret, token = :token WHERE id = :id",
        {
            "id": supplier.id,
            "protocol": vendor.kind,
            "url": vendor.access.base_url,
            "secret": vendor.access.secret,
            "token": vendor.access.token,
        },
    )
    if vendor.kind != "giftcode":
        a_category(world.program, vendor.kind, kind=vendor.kind)
    return world, suppliers.get(supplier.id)


def _book(world: World, find: suppliers.BookableOffer) -> orders.Order:
    reward = transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))
    return transact(lambda: world.place(_quote(world, reward.id, find.pieces)))


def _quote(world: World, reward_id: int, qty: int) -> pricing.Quote:
    line = [(reward_id, qty)]
    return pricing.quote(world.program.id, world.member_id, line, None, HOME, partner_id=world.partner.id)


def _find_flight(world: World, supplier: suppliers.Supplier, days: int) -> suppliers.BookableOffer:
    wanted = suppliers.flight_search("RIX", "LIS", clock.now().date() + dt.timedelta(days=days), 1, clock.now().date())
    search = ports.get(BookingSearch)  # type: ignore[type-abstract]
    found = search.search_flights(transact(lambda: suppliers.access(supplier.id)), wanted)
    assert isinstance(found, tuple)
    [first, *_] = transact(lambda: suppliers.keep_flights(supplier.id, world.member_id, found))
    transact(lambda: suppliers.name_travellers(world.member_id, first.id, [ANNA], TODAY))
    return suppliers.bookable(world.member_id, first.id)


def _find_seats(world: World, supplier: suppliers.Supplier) -> suppliers.BookableOffer:
    search = ports.get(BookingSearch)  # type: ignore[type-abstract]
    hall = search.hall(transact(lambda: suppliers.access(supplier.id)), "evt-jazz")
    assert isinstance(hall, Hall)
    seats = [seat.id for seat in hall.sections[0].seats if seat.free][:2]
    return transact(lambda: suppliers.keep_seats(supplier.id, world.member_id, hall, seats))


def _ref() -> str:
    return str(fetch_one("SELECT client_ref FROM supplier_order").client_ref)


@flight
def test_a_flight_is_found_held_bought_and_its_ticket_shown(
    shop: tuple[World, suppliers.Supplier], vendor: Vendor
) -> None:
    world, supplier = shop
    order = _book(world, _find_flight(world, supplier, 40))

    run_jobs(2)

    assert state_of(world, order) == ("in_progress", "issued")
    [ticket] = orders.show(order.id)
    assert (ticket.kind, "Anna Ozola 220-" in ticket.content) == ("e_ticket", True)
    assert (vendor.given(_ref()), world.balance().held) == (1, 0)
    said = suppliers.calls(supplier.id, _ref())
    assert [call.operation for call in reversed(said)][:2] == ["reserve", "confirm"]
    assert not any(word in call.request + call.answer for call in said for word in ("Ozola", "220-", "1990"))
    assert_laws_hold()


@event
def test_seats_are_found_held_bought_and_a_ticket_shown_for_each(
    shop: tuple[World, suppliers.Supplier], vendor: Vendor
) -> None:
    world, supplier = shop
    order = _book(world, _find_seats(world, supplier))

    run_jobs(2)

    assert state_of(world, order) == ("in_progress", "issued")
    assert [ticket.unit_no for ticket in orders.show(order.id)] == [1, 2]
    assert vendor.given(_ref()) == 1
    assert_laws_hold()


@giftcode
def test_a_code_is_bought_and_shown(shop: tuple[World, suppliers.Supplier], vendor: Vendor) -> None:
    world, supplier = shop
    offers = transact(lambda: offers_in_stock(supplier, **{"GC-COFFEE-10": 5}))
    reward = fetch_one("SELECT id FROM reward WHERE offer_id = :id", {"id": offers["GC-COFFEE-10"]})
    for table in ("offer", "reward"):
        transact(lambda table=table: execute(f"UPDATE {table} SET electronic = true"))
    order = transact(lambda: world.place(_quote(world, reward.id, 2)))

    run_jobs(2)

    assert state_of(world, order) == ("completed", "closed")
    assert len({code.content for code in orders.show(order.id)}) == 2
    assert vendor.given(_ref()) == 1
    assert_laws_hold()


@flight
@pytest.mark.parametrize(
    ("fault", "step", "end"),
    [
        ("reject", "order", "rejected"),
        ("pending_fail", "order", "rejected"),
        ("price_change", "payment", "rejected"),
        ("timeout", "payment", "in_progress"),
        ("error_after_accept", "order", "in_progress"),
        ("timeout_before", "payment", "in_progress"),
    ],
)
def test_a_flight_ends_as_bought_once_or_as_given_back_whatever_goes_wrong(
    shop: tuple[World, suppliers.Supplier], vendor: Vendor, fault: str, step: str, end: str
) -> None:
    world, supplier = shop
    find = _find_flight(world, supplier, 50)
    vendor.fail_next(fault, step)
    order = _book(world, find)

    def ended() -> bool:
        run_jobs()
        return world.find(order).state in ("rejected", "in_progress")

    eventually(ended, 20)

    assert world.find(order).state == end
    assert vendor.given(_ref()) == (end == "in_progress")
    assert world.balance().held == 0
    assert_laws_hold()


@flight
def test_news_of_a_vendor_is_stored_once_and_makes_us_ask(
    shop: tuple[World, suppliers.Supplier], vendor: Vendor, app: Flask
) -> None:
    world, supplier = shop
    find = _find_flight(world, supplier, 60)
    vendor.fail_next("timeout", PIVOT["flight"])
    order = _book(world, find)
    eventually(lambda: _in_doubt(world, order))
    transact(lambda: execute("UPDATE job SET due_at = now() + interval '1 day' WHERE state = 'due'"))
    body = _news_of(_ref())

    answers = [_post(app, vendor, body) for _ in range(2)]

    assert answers == [(202, {"received": True, "duplicate": False}), (202, {"received": True, "duplicate": True})]
    jobs.run_due(20)
    jobs.run_due(20)
    assert state_of(world, order) == ("in_progress", "issued")
    assert [row.state for row in fetch_all("SELECT state FROM inbound_callback")] == ["processed"]


@flight
@pytest.mark.parametrize(("secret", "off_s"), [("forged", 0), ("", -400), ("", 400)], ids=["forged", "old", "future"])
def test_forged_old_and_future_news_change_nothing(
    shop: tuple[World, suppliers.Supplier], vendor: Vendor, app: Flask, secret: str, off_s: int
) -> None:
    body = _news_of("x")

    status, problem = _post(app, vendor, body, secret=secret, off_s=off_s)

    assert (status, problem["code"]) == (401, "signature_invalid")
    assert fetch_one("SELECT count(*) AS n FROM inbound_callback").n == 0
    unreadable = _post(app, vendor, "[]")
    assert (unreadable[0], unreadable[1]["code"]) == (400, "not_json")


@flight
def test_a_hold_that_the_vendor_cannot_keep_long_enough_is_let_go(
    shop: tuple[World, suppliers.Supplier], vendor: Vendor
) -> None:
    world, supplier = shop
    find = _find_flight(world, supplier, 70)
    vendor.set(hold_s=30)
    order = _book(world, find)
    run_jobs(3)
    vendor.set(hold_s=3600)

    assert state_of(world, order) == ("cancelled", "released")
    assert [deal["state"] for deal in vendor.orders(_ref())] == ["released"]
    assert world.balance().held == 0
    assert not isinstance(ports.get(SupplierGateway).status(vendor.access, _ref()), Reserved)  # type: ignore[type-abstract]


def _news_of(ref: str) -> str:
    about = {"object": {"metadata": {"client_ref": ref}}}
    return json.dumps({"id": "wev_1", "type": "order.updated", "data": about})


def _in_doubt(world: World, order: orders.Order) -> bool:
    run_jobs()
    return world.find(order).consignments[0].state == "in_doubt"


def _post(app: Flask, vendor: Vendor, body: str, *, secret: str = "", off_s: int = 0) -> tuple[int, dict[str, object]]:
    signature = stamped(secret or vendor.access.secret, int(clock.now().timestamp()) + off_s, body)
    path = f"/api/v1/suppliers/{vendor.code}/callbacks/native"
    headers = {"X-Signature": signature, "Content-Type": "application/json"}
    answer = app.test_client().post(path, data=body, headers=headers)
    return answer.status_code, dict(answer.json or {})
