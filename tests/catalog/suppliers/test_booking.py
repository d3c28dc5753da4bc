"""What is found: a search is checked before anybody is asked, and a find is one member's, for as long as it lasts."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import suppliers
from catalog.ports import Event, EventSearch, FlightOffer, FlightSearch, Hall, Seat, Section
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.errors import Invalid, NotFound
from tests.builders import a_program
from tests.catalog.builders import a_supplier

TODAY = dt.date(2026, 11, 25)
ANNA = suppliers.Traveller("Anna", "Ozola", dt.date(1990, 2, 3))
MEMBER, OTHER = 71, 72


def a_flight(ref: str = "off_1", passengers: int = 1) -> FlightOffer:
    """A flight from Riga to Lisbon for 123.45."""
    at, soon = dt.datetime(2026, 12, 24, 6, 40), dt.datetime.now(dt.UTC) + dt.timedelta(minutes=20)
    ids = tuple(f"pas_{number}" for number in range(passengers))
    return FlightOffer(ref, "Aerolink", "AL101", "RIX", "LIS", at, at, 12345, "EUR", soon, True, ids)


def a_hall() -> Hall:
    """Two sections, one seat of the first taken."""
    event = Event("evt", "Hamlet", "Dailes", "Riga", dt.datetime(2026, 12, 1, 19), 2500, "EUR")
    stalls = Section("A", "Stalls", 4500, "EUR", (Seat("A-1", True), Seat("A-2", True), Seat("A-3", False)))
    return Hall(event, (stalls, Section("B", "Balcony", 2500, "EUR", (Seat("B-1", True),))))


@pytest.fixture
def supplier_id(app: Flask) -> int:
    return transact(lambda: a_supplier(a_program()).id)


def pointers(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [one.pointer for one in refused.value.errors]


def test_a_good_search_is_put_as_the_supplier_wants_it() -> None:
    on = TODAY + dt.timedelta(days=30)

    assert suppliers.flight_search(" rix", "LIS", on, 2, TODAY) == FlightSearch("RIX", "LIS", on, 2)
    assert suppliers.event_search(" jazz ", "Riga") == EventSearch("jazz", "Riga")


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (("RIGA", "LIS", TODAY, 1), ["/origin"]),
        (("RIX", "Л1S", TODAY, 1), ["/destination"]),
        (("RIX", "rix", TODAY, 1), ["/destination"]),
        (("RIX", "LIS", TODAY - dt.timedelta(days=1), 1), ["/on"]),
        (("RIX", "LIS", TODAY + dt.timedelta(days=331), 1), ["/on"]),
        (("RIX", "LIS", None, 1), ["/on"]),
        (("RIX", "LIS", TODAY, 0), ["/passengers"]),
        (("RIX", "LIS", TODAY, 10), ["/passengers"]),
        (("", "", None, -1), ["/origin", "/destination", "/on", "/passengers"]),
    ],
)
def test_a_search_that_makes_no_sense_points_at_what_is_wrong(
    asked: tuple[str, str, dt.date | None, int], wrong: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        suppliers.flight_search(*asked, TODAY)

    assert pointers(refused) == wrong


def test_events_are_not_looked_for_backwards() -> None:
    with pytest.raises(Invalid):
        suppliers.event_search(since=TODAY, until=TODAY - dt.timedelta(days=1))


def test_flights_are_kept_for_the_member_who_found_them(supplier_id: int) -> None:
    kept = transact(lambda: suppliers.keep_flights(supplier_id, MEMBER, [a_flight("off_1"), a_flight("off_2")]))

    assert [one.offer_ref for one in kept] == ["off_1", "off_2"]
    assert kept[0].title == "RIX → LIS · 24.12.2026 06:40 · AL101"
    assert (kept[0].pieces, kept[0].cost_minor, kept[0].ready) == (1, 12345, False)
    assert suppliers.bookable(MEMBER, kept[0].id) == kept[0]
    with pytest.raises(NotFound):
        suppliers.bookable(OTHER, kept[0].id)


def test_a_find_lapses_with_the_suppliers_price(supplier_id: int) -> None:
    [kept] = transact(lambda: suppliers.keep_flights(supplier_id, MEMBER, [a_flight()]))
    transact(lambda: execute("UPDATE bookable_offer SET expires_at = now()"))

    with pytest.raises(NotFound):
        suppliers.bookable(MEMBER, kept.id)


def test_chosen_seats_are_one_find_with_a_piece_for_each(supplier_id: int) -> None:
    kept = transact(lambda: suppliers.keep_seats(supplier_id, MEMBER, a_hall(), ["A-2", "A-1", "A-1"]))
    again = transact(lambda: suppliers.keep_seats(supplier_id, MEMBER, a_hall(), ["A-1", "A-2"]))

    assert (kept.offer_ref, kept.pieces, kept.cost_minor, kept.ready) == ("evt:A-1+A-2", 2, 4500, True)
    assert again.id == kept.id


@pytest.mark.parametrize(
    ("seats", "code"),
    [([], "invalid"), (["A-3"], "seat_taken"), (["Z-9"], "seat_taken"), (["A-1", "B-1"], "seats_differ")],
)
def test_seats_that_are_gone_or_differ_are_refused(supplier_id: int, seats: list[str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        transact(lambda: suppliers.keep_seats(supplier_id, MEMBER, a_hall(), seats))

    assert [one.code for one in refused.value.errors] == [code]


def test_travellers_are_sealed_and_told_to_the_supplier_alone(supplier_id: int) -> None:
    [kept] = transact(lambda: suppliers.keep_flights(supplier_id, MEMBER, [a_flight(passengers=2)]))
    people = [ANNA, suppliers.Traveller("Jean-Luc", "O'Neil", dt.date(1985, 1, 1))]

    transact(lambda: suppliers.name_travellers(MEMBER, kept.id, people, TODAY))

    assert suppliers.bookable(MEMBER, kept.id).ready
    row = fetch_one("SELECT travellers, details::text AS details FROM bookable_offer")
    assert b"Ozola" not in bytes(row.travellers)
    assert "Ozola" not in row.details
    told = suppliers.order_details(supplier_id, MEMBER, "off_1")
    assert told["passenger_ids"] == ["pas_0", "pas_1"]
    assert told["travellers"][0] == {"given_name": "Anna", "family_name": "Ozola", "born_on": "1990-02-03"}
    assert suppliers.order_details(supplier_id, OTHER, "off_1") == {}


@pytest.mark.parametrize(
    ("people", "wrong"),
    [
        ([], ["/travellers"]),
        ([ANNA, ANNA], ["/travellers"]),
        ([suppliers.Traveller("Анна", "Ozola", dt.date(1990, 2, 3))], ["/travellers/0/given_name"]),
        ([suppliers.Traveller("Anna", "", dt.date(1990, 2, 3))], ["/travellers/0/family_name"]),
        ([suppliers.Traveller("Anna", "Ozola", TODAY + dt.timedelta(days=1))], ["/travellers/0/born_on"]),
        ([suppliers.Traveller("Anna", "Ozola", dt.date(1800, 1, 1))], ["/travellers/0/born_on"]),
        ([suppliers.Traveller("Anna", "Ozola", None)], ["/travellers/0/born_on"]),
    ],
)
def test_travellers_who_cannot_get_a_ticket_are_pointed_at(
    supplier_id: int, people: list[suppliers.Traveller], wrong: list[str]
) -> None:
    [kept] = transact(lambda: suppliers.keep_flights(supplier_id, MEMBER, [a_flight()]))

    with pytest.raises(Invalid) as refused:
        transact(lambda: suppliers.name_travellers(MEMBER, kept.id, people, TODAY))

    assert pointers(refused) == wrong
    assert not suppliers.bookable(MEMBER, kept.id).named


def test_finds_that_nobody_ordered_are_forgotten(supplier_id: int) -> None:
    transact(lambda: suppliers.keep_flights(supplier_id, MEMBER, [a_flight("old"), a_flight("new")]))
    old = "UPDATE bookable_offer SET expires_at = now() - interval '2 hours' WHERE offer_ref = 'old'"
    transact(lambda: execute(old))
    transact(lambda: jobs.enqueue("suppliers.forget", {}))

    jobs.run_due(5)

    assert fetch_one("SELECT array_agg(offer_ref) AS refs FROM bookable_offer").refs == ["new"]
