"""Stock that does not add up is an incident: opened once, closed when there is enough again."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import rewards, suppliers
from catalog.jobs.feeding import reconcile_stock
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.jobs import queue
from coalition.kernel.laws import offending
from tests.builders import a_program
from tests.catalog.builders import a_supplier, offers_in_stock


class Shelf:
    """A supplier with five pieces of one offer."""

    def __init__(self) -> None:
        self.supplier = a_supplier(a_program())
        self.offer_id = offers_in_stock(self.supplier, A1=5)["A1"]
        self.at = clock.now()

    def counts(self, pieces: int) -> None:
        self.at += dt.timedelta(microseconds=1)
        transact(lambda: rewards.apply_stock(self.supplier.id, self.at, [("A1", pieces)]))

    def stock(self) -> tuple[int, int, int]:
        row = fetch_one("SELECT on_hand, reserved, oversold_qty FROM stock WHERE offer_id = :id", {"id": self.offer_id})
        return row.on_hand, row.reserved, row.oversold_qty

    def incidents(self, *, open_only: bool = True) -> list[tuple[str, int]]:
        found = rewards.stock_incidents(self.supplier.program_id, open_only=open_only)
        return [(one.kind, one.qty) for one in found]


@pytest.fixture
def shelf(app: Flask) -> Shelf:
    return transact(Shelf)


def test_a_shortfall_is_one_incident_until_there_is_enough_again(shelf: Shelf) -> None:
    transact(lambda: rewards.reserve([(shelf.offer_id, 4, "k1")]))

    shelf.counts(1)
    shelf.counts(2)
    short = shelf.stock(), shelf.incidents()
    shelf.counts(9)

    assert short == ((4, 4, 2), [("shortfall", 2)])
    assert (shelf.stock(), shelf.incidents()) == ((9, 4, 0), [])
    assert shelf.incidents(open_only=False) == [("shortfall", 2)]


def test_more_sold_since_the_count_than_was_counted_is_a_shortfall(shelf: Shelf) -> None:
    before = clock.now()
    transact(lambda: rewards.reserve([(shelf.offer_id, 3, "k1")]))
    transact(lambda: rewards.commit("k1"))

    transact(lambda: rewards.apply_stock(shelf.supplier.id, before, [("A1", 1)]))

    assert (shelf.stock(), shelf.incidents()) == ((0, 0, 2), [("shortfall", 2)])


def test_pieces_that_are_kept_back_are_not_sold_and_no_shortfall(shelf: Shelf) -> None:
    transact(lambda: execute("UPDATE supplier SET safety_stock = 2"))
    transact(lambda: rewards.reserve([(shelf.offer_id, 4, "k1")]))

    shelf.counts(5)

    assert (shelf.stock(), shelf.incidents()) == ((4, 4, 0), [])


def test_a_counter_that_has_drifted_is_set_right_and_recorded(shelf: Shelf) -> None:
    transact(lambda: rewards.reserve([(shelf.offer_id, 2, "k1")]))
    transact(lambda: execute("UPDATE stock SET reserved = 4 WHERE offer_id = :id", {"id": shelf.offer_id}))

    for _ in range(2):
        transact(lambda: jobs.enqueue("stock.reconcile", {}))
        reconcile_stock(transact(queue.claim))

    assert shelf.stock() == (5, 2, 0)
    assert (shelf.incidents(), shelf.incidents(open_only=False)) == ([], [("drift", 2)])
    assert [offending(law) for law in rewards.laws()] == [0] * len(rewards.laws())


def test_a_push_older_than_the_last_file_of_its_feed_is_outdated(
    shelf: Shelf,
) -> None:
    transact(lambda: execute("UPDATE feed SET stock_at = now() + interval '1 hour'"))

    found = transact(lambda: rewards.apply_stock(shelf.supplier.id, clock.now(), [("A1", 1)]))

    assert (found.applied, found.outdated, shelf.stock()[0]) == (0, 1, 5)


def test_the_supplier_is_named_in_an_incident(shelf: Shelf) -> None:
    transact(lambda: rewards.reserve([(shelf.offer_id, 5, "k1")]))
    shelf.counts(0)

    (one,) = rewards.stock_incidents(shelf.supplier.program_id)
    assert (one.supplier_id, one.sku, one.closed_at) == (suppliers.get(shelf.supplier.id).id, "A1", None)
