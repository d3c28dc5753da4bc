"""The laws of feeds hold, and each of them sees the crime that it is there for."""

from __future__ import annotations

from flask import Flask

from catalog import suppliers
from coalition.kernel import laws
from coalition.kernel.db import execute, transact
from tests.catalog.builders import an_offer
from tests.catalog.suppliers.feeding import Feeding

CRIMES = {
    "feed-price": "UPDATE offer SET cost_minor = cost_minor + 1",
    "feed-waived": "UPDATE feed_run SET waived = ARRAY['prices'], of_run_id = NULL",
    "feed-good": "UPDATE feed SET last_good_run_id = (SELECT max(id) FROM feed_run)",
    "feed-missing": "UPDATE offer SET missing_runs = 3",
}


def test_every_crime_is_seen_by_its_law(app: Flask) -> None:
    feeding, known = transact(Feeding), {law.code: law for law in suppliers.laws()}
    assert known.keys() == CRIMES.keys()
    offers = [an_offer(f"A{at}") for at in range(20)]
    feeding.brings(*offers)
    feeding.brings(an_offer("A0", price="1"), *offers[1:])
    held = feeding.brings(*(an_offer(f"A{at}", price="1000") for at in range(20)))
    transact(lambda: suppliers.reject(held.id, "no"))

    for code, crime in CRIMES.items():
        assert not laws.offending(known[code]), code
        transact(lambda crime=crime: execute(crime))  # type: ignore[misc]
        assert laws.offending(known[code]), code
