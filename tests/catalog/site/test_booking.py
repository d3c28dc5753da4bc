"""Flights and seats are found at their sellers, priced anew before they are held, and ordered as every reward is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
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
    QuotedLine,
    Rejected,
    Retryable,
    Seat,
    Section,
    SupplierLine,
    SupplierQuote,
)
from coalition.kernel import clock, ids, ports
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs
from tests.catalog.site.test_checkout import FORM, Browser, hidden_of, sign_in

LEAVES = dt.datetime(2027, 3, 1, 6, 40)
EVENT = Event("evt-1", "Hamlet", "Dailes Theatre", "Riga", dt.datetime(2027, 3, 1, 19, 0), 2500, "EUR")
PERSON = {"given_name-1": "Anna", "family_name-1": "Ozola", "born_on-1": "1990-05-01"}


@dataclass
class Vendor(FakeSupplier):
    """A seller of flights and seats in the test's process; what it asks now is `cost`."""

    cost: int = 10_000
    away: bool = False
    gone: bool = False
    sent: list[SupplierLine] = field(default_factory=list)

    def quote(self, ctx: Any, lines: Sequence[SupplierLine], address: Any) -> Any:
        if self.gone:
            return Rejected("offer_no_longer_available")
        good_until = clock.now() + dt.timedelta(minutes=12)
        return SupplierQuote((QuotedLine(lines[0].sku, lines[0].qty, self.cost),), "EUR", good_until)

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
        return (offer, replace(offer, offer_ref="off_2", cost_minor=9_000, currency="USD"))

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


def sell(world: World, kind: str) -> str:
    """Let the world's first reward be one behind which such things are found; its public id."""
    known = {"id": world.rewards[0].id, "kind": kind, "offer": world.rewards[0].offer_id}
    transact(lambda: execute("UPDATE reward SET kind = :kind, electronic = true WHERE id = :id", known))
    transact(lambda: execute("UPDATE stock SET on_hand = NULL WHERE offer_id = :offer", known))
    return ids.public("rew", world.rewards[0].id)


def search(client: FlaskClient, **changes: str) -> Any:
    asked = {"from": "rix", "to": "BCN", "on": _soon(), "passengers": "1", **changes}
    return client.get("/flights", query_string=asked)


def token_of(page: Any) -> str:
    found = re.search(r"/flights/travellers\?offer=([\w.-]+)", page.text)
    assert found is not None
    return found.group(1)


def test_a_flight_is_found_chosen_and_ordered(browser: Browser, vendor: Vendor) -> None:
    sell(browser.world, "flight")
    token = token_of(search(browser.client))
    form = browser.client.get(f"/flights/travellers?offer={token}")
    assert "10,000 points" in form.text

    chosen = browser.client.post("/flights/travellers", data={"offer": token, **PERSON})
    assert chosen.headers["Location"].startswith("/checkout?quote=")
    hidden = hidden_of(browser.client.get(chosen.headers["Location"]))
    held = fetch_one("SELECT expires_at - now() AS left, goods_points FROM quote")
    asked = browser.client.post("/checkout", data={**FORM, **hidden})
    placed = browser.press(hidden_of(browser.client.get(asked.headers["Location"])))
    run_jobs()

    assert (held.left < dt.timedelta(minutes=13), held.goods_points) == (True, 10_000)
    assert "RIX → BCN, AL 101" in browser.client.get(placed.headers["Location"]).text
    (line,) = vendor.sent
    people = [{"given_name": "Anna", "family_name": "Ozola", "born_on": "1990-05-01"}]
    assert (line.sku, line.details) == ("off_1", {"travellers": people, "passenger_ids": ["pas_0"]})
    assert b"Ozola" not in bytes(fetch_one("SELECT details FROM quote_found").details)
    assert_laws_hold()


def test_another_money_than_the_programs_is_not_offered(browser: Browser) -> None:
    sell(browser.world, "flight")

    assert "1 flight found" in search(browser.client).text


@pytest.mark.parametrize(
    ("change", "field_name"),
    [
        ({"from": "RIGA"}, "from"),
        ({"to": "rix"}, "to"),
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


@pytest.mark.parametrize("change", [{"given_name-1": ""}, {"family_name-1": "0zola1"}, {"born_on-1": "3000-01-01"}])
def test_travellers_are_named_as_in_their_passports(browser: Browser, change: dict[str, str]) -> None:
    sell(browser.world, "flight")
    token = token_of(search(browser.client))

    page = browser.client.post("/flights/travellers", data={"offer": token, **PERSON, **change})

    assert page.status_code == 422
    assert fetch_one("SELECT count(*) AS n FROM quote").n == 0


def test_a_fare_that_has_risen_is_agreed_to_before_it_is_held(browser: Browser, vendor: Vendor) -> None:
    sell(browser.world, "flight")
    token = token_of(search(browser.client))
    vendor.cost = 10_500

    page = browser.client.post("/flights/travellers", data={"offer": token, **PERSON})

    assert (page.status_code, "10,500 points" in page.text) == (422, True)
    assert fetch_one("SELECT count(*) AS n FROM quote").n == 0
    agreed = browser.client.post("/flights/travellers", data={**hidden_of(page), **PERSON})
    assert agreed.status_code == 303
    assert fetch_one("SELECT goods_points FROM quote").goods_points == 10_500


def test_a_forged_offer_is_not_found_and_one_that_is_gone_is_told(browser: Browser, vendor: Vendor) -> None:
    sell(browser.world, "flight")
    token = token_of(search(browser.client))
    forged = "x" + token[1:]

    assert browser.client.get(f"/flights/travellers?offer={forged}").status_code == 404
    assert browser.client.post("/flights/travellers", data={"offer": forged, **PERSON}).status_code == 404
    vendor.gone = True
    page = browser.client.post("/flights/travellers", data={"offer": token, **PERSON})
    assert (page.status_code, "It has just been sold" in page.text) == (422, True)


def test_a_held_fare_that_has_lapsed_is_never_priced_as_something_else(browser: Browser) -> None:
    sell(browser.world, "flight")
    token = token_of(search(browser.client))
    chosen = browser.client.post("/flights/travellers", data={"offer": token, **PERSON})
    hidden = hidden_of(browser.client.get(chosen.headers["Location"]))
    asked = browser.client.post("/checkout", data={**FORM, **hidden})
    paying = hidden_of(browser.client.get(asked.headers["Location"]))
    transact(lambda: execute("UPDATE quote SET expires_at = now()"))

    assert browser.press(paying).status_code == 422

    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


def test_seats_are_chosen_and_ordered(browser: Browser, vendor: Vendor) -> None:
    reward = sell(browser.world, "event")
    vendor.cost = 4500
    assert "Hamlet" in browser.client.get("/events?q=Hamlet").text
    hall = browser.client.get(f"/events/{reward}/evt-1")
    assert [hall.text.count('name="seat"'), "A-1-3" in hall.text] == [4, True]

    chosen = browser.client.post(f"/events/{reward}/evt-1", data={"seat": ["A-1-1", "A-1-2"]})
    hidden = hidden_of(browser.client.get(chosen.headers["Location"]))
    asked = browser.client.post("/checkout", data={**FORM, **hidden})
    browser.press(hidden_of(browser.client.get(asked.headers["Location"])))
    run_jobs()

    (line,) = vendor.sent
    assert (line.sku, line.qty, line.cost_minor) == ("evt-1:A-1-1+A-1-2", 2, 4500)
    assert fetch_one("SELECT points FROM customer_order").points == 9000
    assert_laws_hold()


@pytest.mark.parametrize("seats", [[], ["A-1-3"], ["A-1-1", "B-1-1"], ["A-1-1", "A-1-1"], ["nowhere"]])
def test_seats_that_cannot_be_sold_together_are_refused(browser: Browser, seats: list[str]) -> None:
    reward = sell(browser.world, "event")

    page = browser.client.post(f"/events/{reward}/evt-1", data={"seat": seats})

    assert (page.status_code, "Choose free seats" in page.text) == (422, True)
    assert fetch_one("SELECT count(*) AS n FROM quote").n == 0


def test_nothing_on_and_nothing_found_are_two_things(browser: Browser) -> None:
    assert "Nothing is on" in browser.client.get("/events").text
    reward = sell(browser.world, "event")

    assert "Nothing matches" in browser.client.get("/events?q=opera").text
    assert browser.client.get(f"/events/{reward}/evt-9").status_code == 404


@pytest.mark.parametrize("language", ["en", "ru"])
def test_everybody_may_look_and_only_members_choose(app: Flask, world: World, language: str) -> None:
    reward = sell(world, "event")
    client, headers = app.test_client(), {"Accept-Language": language}

    for path in ("/events", f"/events/{reward}/evt-1", "/flights"):
        assert client.get(path, headers=headers).status_code == 200
    assert client.post(f"/events/{reward}/evt-1").headers["Location"].startswith("/login")
    assert client.get("/flights/travellers?offer=x").headers["Location"].startswith("/login")


def _soon() -> str:
    return (clock.now() + dt.timedelta(days=30)).date().isoformat()
