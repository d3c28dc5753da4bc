"""The laws of feeds hold, and each of them sees the crime that it is there for."""

from __future__ import annotations

from flask import Flask

from catalog import suppliers
from coalition.kernel import laws
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.builders import an_offer
from tests.catalog.suppliers.feeding import Feeding
from tests.catalog.suppliers.test_booking import a_flight

CRIMES = {
    "feed-price": "UPDATE offer SET cost_minor = cost_minor + 1",
    "feed-waived": "UPDATE feed_run SET waived = ARRAY['prices'], of_run_id = NULL",
    "feed-good": "UPDATE feed SET last_good_run_id = (SELECT max(id) FROM feed_run)",
    "feed-missing": "UPDATE offer SET missing_runs = 3",
    "feed-counts": "UPDATE feed SET scope = 'stock'",
    "find-offer": "UPDATE bookable_offer SET offer_ref = 'another'",
}


def test_every_crime_is_seen_by_its_law(app: Flask) -> None:
    feeding, known = transact(Feeding), {law.code: law for law in suppliers.laws()}
    assert known.keys() == CRIMES.keys()
    offers = [an_offer(f"A{at}") for at in range(20)]
    feeding.brings(*offers)
    feeding.brings(an_offer("A0", price="1"), *offers[1:])
    held = feeding.brings(*(an_offer(f"A{at}", price="1000") for at in range(20)))
    transact(lambda: suppliers.reject(held.id, "no"))

    transact(lambda: _become(feeding.supplier.id))

    for code, crime in CRIMES.items():
        assert not laws.offending(known[code]), code
        transact(lambda crime=crime: execute(crime))  # type: ignore[misc]
        assert laws.offending(known[code]), code


def _become(supplier_id: int) -> None:
    """A find that has become the offer of the same reference."""
    [find] = suppliers.keep_flights(supplier_id, 1, [a_flight("A0")])
    offer = fetch_one("SELECT id FROM offer WHERE supplier_id = :id AND supplier_sku = 'A0'", {"id": supplier_id})
    suppliers.become(find.id, offer.id)
