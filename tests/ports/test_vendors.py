"""What is particular to each kind of vendor, and that seeded faults come again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from catalog.ports import (
    Accepted,
    Cancelled,
    EventSearch,
    FlightSearch,
    Hall,
    LineAnswer,
    NotFound,
    Outcome,
    Rejected,
    Reserved,
    Retryable,
    SupplierLine,
)
from coalition.kernel import clock
from integrations.suppliers.gateway import ProtocolGateway
from integrations.suppliers.searching import SupplierSearch
from tests.ports.vendors import HOME, Vendor, a_ref

goods = pytest.mark.parametrize("vendor", ["goods"], indirect=True)
giftcode = pytest.mark.parametrize("vendor", ["giftcode"], indirect=True)
flight = pytest.mark.parametrize("vendor", ["flight"], indirect=True)
event = pytest.mark.parametrize("vendor", ["event"], indirect=True)
TWO = [SupplierLine("TP-90034", 4), SupplierLine("TP-70115", 1)]


@goods
@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        ("half", (LineAnswer("TP-90034", "accepted", 4), LineAnswer("TP-70115", "rejected", 0, code="out_of_stock"))),
        ("wrong_qty", (LineAnswer("TP-90034", "qty_changed", 2), LineAnswer("TP-70115", "accepted", 1))),
        ("price_change", (LineAnswer("TP-90034", "price_changed", 4, 6960), LineAnswer("TP-70115", "accepted", 1))),
    ],
)
def test_goods_are_answered_line_by_line(
    vendor: Vendor, gateway: ProtocolGateway, fault: str, answers: tuple[LineAnswer, ...]
) -> None:
    ref = a_ref()
    vendor.fail_next(fault, "order")

    told = gateway.confirm(vendor.access, ref, TWO, HOME)

    assert isinstance(told, Accepted)
    assert told.lines == answers
    assert gateway.status(vendor.access, ref) == told
    [order] = vendor.orders(ref)
    assert {line["sku"]: line["qty"] for line in order["lines"]} == {one.sku: one.qty for one in answers if one.qty}


@giftcode
@pytest.mark.parametrize("always_201", [0, 1])
def test_codes_are_shown_again_and_never_ordered_again(
    vendor: Vendor, gateway: ProtocolGateway, always_201: int
) -> None:
    ref, lines = a_ref(), vendor.lines()
    vendor.set(always_201=always_201)

    told = [gateway.confirm(vendor.access, ref, lines, HOME) for _ in range(3)]
    told.append(gateway.status(vendor.access, ref))
    vendor.set(always_201=0)

    assert isinstance(told[0], Accepted)
    assert len({one.content for one in told[0].artefacts}) == 2
    assert told == [told[0]] * 4
    assert len(vendor.orders(ref)) == 1


@giftcode
def test_codes_that_cannot_be_shown_now_are_shown_by_the_status_later(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()
    gateway.confirm(vendor.access, ref, lines, HOME)
    vendor.fail_next("error_before", "codes")

    told = gateway.confirm(vendor.access, ref, lines, HOME)

    assert isinstance(told, Accepted)
    assert (told.issued, told.artefacts) == (False, ())
    later = gateway.status(vendor.access, ref)
    assert isinstance(later, Accepted)
    assert (later.issued, len(later.artefacts)) == (True, 2)


@giftcode
def test_half_a_batch_is_told_as_the_number_that_came(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref = a_ref()
    vendor.fail_next("half", "order")

    told = gateway.confirm(vendor.access, ref, [SupplierLine("GC-COFFEE-10", 4)], HOME)

    assert isinstance(told, Accepted)
    assert told.lines == (LineAnswer("GC-COFFEE-10", "qty_changed", 2),)
    assert (told.issued, len(told.artefacts)) == (True, 2)
    assert gateway.status(vendor.access, ref) == told


@giftcode
def test_a_vendor_that_is_asked_too_fast_has_done_nothing(vendor: Vendor, gateway: ProtocolGateway) -> None:
    refs = [a_ref() for _ in range(3)]
    vendor.set(max_rps=1)

    told = [gateway.confirm(vendor.access, ref, vendor.lines(), HOME) for ref in refs]
    vendor.set(max_rps=0)

    assert Retryable(1.0) in told
    assert [len(vendor.orders(ref)) for ref in refs] == [int(isinstance(one, Accepted)) for one in told]


@flight
def test_flights_are_found_by_day_and_cheapest_first(vendor: Vendor) -> None:
    day = clock.now().date()

    found = SupplierSearch().search_flights(vendor.access, FlightSearch("RIX", "BCN", day, 3))

    assert isinstance(found, tuple)
    assert [offer.cost_minor for offer in found] == sorted(offer.cost_minor for offer in found)
    assert {(offer.origin, offer.destination, offer.departs_at.date()) for offer in found} == {("RIX", "BCN", day)}
    assert all(len(offer.passenger_ids) == 3 and offer.arrives_at > offer.departs_at for offer in found)
    assert SupplierSearch().search_flights(vendor.access, FlightSearch("RIX", "XXX", day, 1)) == ()


@flight
@pytest.mark.parametrize("travellers", [[], [{"given_name": "Anna", "family_name": "Ozola"}]])
def test_a_flight_without_its_travellers_is_not_even_asked_for(
    vendor: Vendor, gateway: ProtocolGateway, travellers: list[dict[str, str]]
) -> None:
    ref, [line] = a_ref(), vendor.lines()
    nameless = replace(line, details={**line.details, "travellers": travellers})

    assert gateway.reserve(vendor.access, ref, [nameless], HOME) == Rejected("travellers_missing")
    assert vendor.orders(ref) == []


@event
def test_events_are_found_by_words_city_and_days(vendor: Vendor) -> None:
    search, today = SupplierSearch(), clock.now().date()

    def titles(asked: EventSearch) -> list[str]:
        found = search.search_events(vendor.access, asked)
        assert isinstance(found, tuple)
        return [one.title for one in found]

    assert len(titles(EventSearch())) == 6
    assert titles(EventSearch(q="hockey")) == ["Ice hockey: the derby"]
    assert titles(EventSearch(city="tallinn")) == ["Evening of Choirs"]
    assert titles(EventSearch(until=today)) == []


@event
def test_seats_that_somebody_holds_are_taken_until_they_are_let_go(vendor: Vendor, gateway: ProtocolGateway) -> None:
    first, second, lines = a_ref(), a_ref(), vendor.lines()
    held = gateway.reserve(vendor.access, first, lines, HOME)
    assert isinstance(held, Reserved)

    assert gateway.reserve(vendor.access, second, lines, HOME) == Rejected("seats_taken")
    assert gateway.quote(vendor.access, lines, HOME) == Rejected("seats_taken")
    hall = SupplierSearch().hall(vendor.access, "evt-hamlet")
    assert isinstance(hall, Hall)
    free = {seat.id for section in hall.sections for seat in section.seats if seat.free}
    assert not free & set(lines[0].sku.partition(":")[2].split("+"))

    assert gateway.release(vendor.access, first, held.external_id) == Cancelled()
    assert isinstance(gateway.reserve(vendor.access, second, lines, HOME), Reserved)
    gateway.release(vendor.access, second)


@event
def test_a_cart_whose_answer_was_lost_is_not_abandoned(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref = a_ref()
    vendor.fail_next("timeout", "cart")
    gateway.reserve(vendor.access, ref, vendor.lines(), HOME)

    assert isinstance(gateway.release(vendor.access, ref), Cancelled)

    assert [order["state"] for order in vendor.orders(ref)] == ["released"]


@event
def test_a_second_call_on_a_cart_is_refused_and_nothing_is_committed_twice(
    vendor: Vendor, gateway: ProtocolGateway
) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = gateway.reserve(vendor.access, ref, lines, HOME)
    assert isinstance(held, Reserved)
    vendor.rates(news_first=1.0)  # answers take a while

    with ThreadPoolExecutor(4) as threads:
        told: list[Outcome] = list(
            threads.map(lambda _: gateway.confirm(vendor.access, ref, lines, HOME, held.external_id), range(4))
        )
    vendor.rates(news_first=0.0)

    assert any(isinstance(one, Accepted) for one in told)
    assert all(isinstance(one, Accepted | Retryable) for one in told)
    assert vendor.book()["cart_conflicts"] > 0
    assert vendor.given(ref) == 1


def test_the_same_seed_fails_the_same_way_in_another_process(tmp_path: Path, gateway: ProtocolGateway) -> None:
    seeds = {"a": 1, "b": 1, "c": 2}
    running = {name: Vendor("giftcode", tmp_path / name, seed=seed) for name, seed in seeds.items()}

    def story(vendor: Vendor, seed: int) -> list[str]:
        vendor.wait()
        vendor.rates(seed=seed, timeout=0.3, timeout_before=0.2, pending_fail=0.2, reject=0.1)
        told = [gateway.confirm(vendor.access, f"r-{at}", vendor.lines(), HOME) for at in range(16)]
        return [type(one).__name__ for one in told]

    first, again, other = (story(vendor, seeds[name]) for name, vendor in running.items())
    for vendor in running.values():
        vendor.end()
    for vendor in running.values():
        vendor.gone()

    assert first == again != other
    assert len(set(first)) >= 3


def test_a_fault_that_does_not_exist_cannot_be_asked_for(vendors: dict[str, Vendor]) -> None:
    for vendor in vendors.values():
        answer = httpx.put(f"{vendor.url}/control/faults", json={"rates": {"earthquake": 1}})
        assert (answer.status_code, answer.json()["fault"]) == (422, "earthquake")
        assert httpx.post(f"{vendor.url}/control/next", json={"answer": "earthquake"}).status_code == 422


@flight
def test_a_killed_vendor_goes_on_where_it_was(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = gateway.reserve(vendor.access, ref, lines, HOME)
    assert isinstance(held, Reserved)
    vendor.process.kill()
    vendor.process.wait()

    vendor.start()

    assert gateway.status(vendor.access, ref) == held
    assert gateway.status(vendor.access, a_ref()) == NotFound()
