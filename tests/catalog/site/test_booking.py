"""Flights and seats are found at their sellers, priced anew before they are held, and ordered as every reward is."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog.ports import (
    BookingSearch,
    Event,
    FlightOffer,
    Hall,
    Rejected,
    Retryable,
    Seat,
    Section,
    SupplierLine,
)
from coalition.kernel import clock, ports
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.builders import a_category
from tests.catalog.orders.builders import FakeSupplier, World, a_member, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs
from tests.catalog.site.test_checkout import FORM, Browser, hidden_of, sign_in

LEAVES = dt.datetime(2027, 3, 1, 6, 40)
EVENT = Event("evt-1", "Hamlet", "Dailes Theatre", "Riga", dt.datetime(2027, 3, 1, 19, 0), 2500, "EUR")
PERSON = {"given_name-0": "Anna", "family_name-0": "Ozola", "born_on-0": "1990-05-01"}


@dataclass
class Vendor(FakeSupplier):
    """A seller of flights and seats in the test's process; what it asks now is `cost`."""

    away: bool = False
    sent: list[SupplierLine] = field(default_factory=list)

    def confirm(self, ctx: Any, client_ref: str, lines: Any, address: Any, external_id: str | None = None) -> Any:
        self.sent += lines
        return super().confirm(ctx, client_ref, lines, address, external_id)

    def search_flights(self, ctx: Any, search: Any) -> Any:
        if self.away:
            return Retryable(30)
        until = clock.now() + dt.timedelta(minutes=15)
        offer = FlightOffer(
            "off_1", "Aerolink", "AL 101", "RIX", "BCN", LEAVES, LEAVES.replace(hour=10), 10_000, "EUR", until, True,
            tuple(f"pas_{at}" for at in range(search.passengers)),
        )  # fmt: skip
        return (offer, replace(offer, offer_ref="off_2", flight_no="AL 202", cost_minor=12_000))

    def search_events(self, ctx: Any, search: Any) -> Any:
        return Retryable(30) if self.away else (EVENT,) if search.q in ("", "Hamlet") else ()

    def hall(self, ctx: Any, event_ref: str) -> Any:
        if event_ref != EVENT.ref:
            return Rejected("not_found")
        stalls = Section("A", "Stalls", 4500, "EUR", (Seat("A-1-1", True), Seat("A-1-2", True), Seat("A-1-3", False)))
        return Hall(EVENT, (stalls, Section("B", "Balcony", 2500, "EUR", (Seat("B-1-1", True),))))


@pytest.fixture
def vendor(app: Flask) -> Vendor:
    told = Vendor()
    bind(told)
    ports.bind(BookingSearch, told)  # type: ignore[type-abstract]
    return told


@pytest.fixture
def world(app: Flask, vendor: Vendor) -> World:
    return transact(a_world)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


def sell(world: World, kind: str) -> None:
    """Let the world's supplier be one at which such things are found."""
    known = {"id": world.supplier.id, "kind": kind}
    transact(lambda: execute("UPDATE supplier SET protocol = :kind WHERE id = :id", known))
    transact(lambda: a_category(world.program, f"{kind}s", kind=kind))


def search(client: FlaskClient, **changes: str) -> Any:
    asked = {"origin": "rix", "destination": "BCN", "on": _soon(), "passengers": "1", **changes}
    return client.get("/flights", query_string=asked)


def found_at(page: Any) -> str:
    """Where the first flight of a search leads."""
    found = re.search(r'href="(/flights/fnd_\w+)"', page.text)
    assert found is not None
    return found.group(1)


def hall_of(world: World) -> str:
    return f"/events/{world.supplier.code}/evt-1"


def test_a_flight_is_found_chosen_and_ordered(browser: Browser, vendor: Vendor) -> None:
    sell(browser.world, "flight")
    where = found_at(search(browser.client))
    assert "10,000 points" in browser.client.get(where).text

    chosen = browser.client.post(where, data=PERSON)
    assert chosen.headers["Location"].startswith("/checkout?quote=")
    hidden = hidden_of(browser.client.get(chosen.headers["Location"]))
    held = fetch_one("SELECT expires_at - now() AS left, goods_points FROM quote")
    asked = browser.client.post("/checkout", data={**FORM, **hidden})
    placed = browser.press(hidden_of(browser.client.get(asked.headers["Location"])))
    run_jobs()

    assert (held.left < dt.timedelta(minutes=16), held.goods_points) == (True, 10_000)
    assert "RIX → BCN" in browser.client.get(placed.headers["Location"]).text
    (line,) = vendor.sent
    people = [{"given_name": "Anna", "family_name": "Ozola", "born_on": "1990-05-01"}]
    assert (line.sku, line.details) == ("off_1", {"travellers": people, "passenger_ids": ["pas_0"]})
    assert "off_1" not in browser.client.get("/").text
    assert_laws_hold()


def test_the_cheapest_flight_comes_first(browser: Browser) -> None:
    sell(browser.world, "flight")

    text = search(browser.client).text

    assert "2 flights found" in text
    assert text.index("AL 101") < text.index("AL 202")


@pytest.mark.parametrize(
    ("change", "field_name"),
    [
        ({"origin": "RIGA"}, "origin"),
        ({"destination": "rix"}, "destination"),
        ({"on": "2020-01-01"}, "on"),
        ({"on": "soon"}, "on"),
        ({"passengers": "10"}, "passengers"),
    ],
)
def test_a_search_that_makes_no_sense_is_told(browser: Browser, change: dict[str, str], field_name: str) -> None:
    page = search(browser.client, **change)

    assert page.status_code == 422
    assert f'href="#{field_name}"' in page.text


def test_a_seller_that_is_silent_is_no_empty_result(browser: Browser, vendor: Vendor) -> None:
    sell(browser.world, "flight")
    vendor.away = True

    page = search(browser.client).text

    assert ("Not every seller has answered" in page, "No flights on this day" in page) == (True, False)


@pytest.mark.parametrize("change", [{"given_name-0": ""}, {"family_name-0": "0zola1"}, {"born_on-0": "3000-01-01"}])
def test_travellers_are_named_as_in_their_passports(browser: Browser, change: dict[str, str]) -> None:
    sell(browser.world, "flight")

    page = browser.client.post(found_at(search(browser.client)), data={**PERSON, **change})

    (name,) = change
    assert (page.status_code, f'href="#{name}"' in page.text) == (422, True)
    assert fetch_one("SELECT count(*) AS n FROM quote").n == 0


def test_what_was_found_is_its_finders_own_and_lapses(app: Flask, browser: Browser) -> None:
    sell(browser.world, "flight")
    where = found_at(search(browser.client))
    other_id = transact(lambda: a_member(browser.world.program, browser.world.partner))
    stranger = sign_in(app, browser.world, other_id, "other@example.com")
    assert stranger.client.get(where).headers["Location"] == "/flights?notice=find_lapsed"

    transact(lambda: execute("UPDATE bookable_offer SET expires_at = now()"))

    for answer in (browser.client.get(where), browser.client.post(where, data=PERSON)):
        assert answer.headers["Location"] == "/flights?notice=find_lapsed"


def test_a_held_fare_that_has_lapsed_is_not_ordered(browser: Browser) -> None:
    sell(browser.world, "flight")
    chosen = browser.client.post(found_at(search(browser.client)), data=PERSON)
    hidden = hidden_of(browser.client.get(chosen.headers["Location"]))
    asked = browser.client.post("/checkout", data={**FORM, **hidden})
    paying = hidden_of(browser.client.get(asked.headers["Location"]))
    transact(lambda: execute("UPDATE quote SET expires_at = now()"))
    transact(lambda: execute("UPDATE bookable_offer SET expires_at = now()"))

    assert browser.press(paying).status_code == 422

    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


def test_seats_are_chosen_and_ordered(browser: Browser, vendor: Vendor) -> None:
    sell(browser.world, "event")
    where = hall_of(browser.world)
    assert f'href="{where}"' in browser.client.get("/events?q=Hamlet").text
    hall = browser.client.get(where)
    assert [hall.text.count('name="seat"'), "A-1-3" in hall.text] == [4, True]

    chosen = browser.client.post(where, data={"seat": ["A-1-1", "A-1-2"]})
    hidden = hidden_of(browser.client.get(chosen.headers["Location"]))
    asked = browser.client.post("/checkout", data={**FORM, **hidden})
    browser.press(hidden_of(browser.client.get(asked.headers["Location"])))
    run_jobs()

    (line,) = vendor.sent
    assert (line.sku, line.qty, line.cost_minor) == ("evt-1:A-1-1+A-1-2", 2, 4500)
    assert fetch_one("SELECT points FROM customer_order").points == 9000
    assert_laws_hold()


@pytest.mark.parametrize(
    ("seats", "words"),
    [
        ([], "Choose free seats"),
        (["A-1-3"], "was taken just now"),
        (["A-1-1", "B-1-1"], "seats of one price"),
        (["nowhere"], "was taken just now"),
    ],
)
def test_seats_that_cannot_be_sold_together_are_refused(browser: Browser, seats: list[str], words: str) -> None:
    sell(browser.world, "event")

    page = browser.client.post(hall_of(browser.world), data={"seat": seats})

    assert (page.status_code, words in page.text) == (422, True)
    assert fetch_one("SELECT count(*) AS n FROM quote").n == 0


def test_nothing_on_and_nothing_found_are_two_things(browser: Browser) -> None:
    assert "Nothing is on" in browser.client.get("/events").text
    sell(browser.world, "event")

    assert "Nothing matches" in browser.client.get("/events?q=opera").text
    assert browser.client.get(f"/events/{browser.world.supplier.code}/evt-9").status_code == 404
    assert browser.client.get("/events/nobody/evt-1").status_code == 404


@pytest.mark.parametrize("language", ["en", "ru"])
def test_everybody_may_look_and_only_members_choose(app: Flask, world: World, language: str) -> None:
    sell(world, "event")
    client, headers = app.test_client(), {"Accept-Language": language}

    for path in ("/events", hall_of(world), "/flights"):
        assert client.get(path, headers=headers).status_code == 200
    assert client.post(hall_of(world)).headers["Location"].startswith("/login")
    for path in ("/flights/fnd_0000000000001", "/flights?origin=RIX"):
        assert client.get(path).headers["Location"].startswith("/login")


def _soon() -> str:
    return (clock.now() + dt.timedelta(days=30)).date().isoformat()
