"""The limits of a supplier hold over every process: rate, concurrency, one call a cart, and the circuit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from catalog import suppliers
from catalog.ports import Caps
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_one, transact
from tests.builders import a_program
from tests.catalog.builders import a_supplier
from tests.racing import at_once

FREE = Caps()


@pytest.fixture
def supplier_id(app: Flask) -> int:
    return transact(lambda: a_supplier(a_program()).id)


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def admit(supplier_id: int, caps: Caps = FREE, cart: str = "") -> str | float:
    return transact(lambda: suppliers.admit(supplier_id, caps, cart))


def fail(supplier_id: int, times: int) -> None:
    for _ in range(times):
        ticket = admit(supplier_id)
        assert isinstance(ticket, str)
        transact(lambda ticket=ticket: suppliers.done(supplier_id, ticket, failed=True))


def test_calls_are_let_out_at_the_suppliers_rate(supplier_id: int) -> None:
    slow = Caps(max_rps=0.5)

    first, second = admit(supplier_id, slow), admit(supplier_id, slow)

    assert isinstance(first, str)
    assert isinstance(second, float)
    assert 1.0 < second <= 2.0
    transact(lambda: execute("UPDATE supplier_gate SET next_at = now()"))
    assert isinstance(admit(supplier_id, slow), str)


def test_no_more_calls_run_at_once_than_the_supplier_takes(live: Flask) -> None:
    supplier_id = transact(lambda: a_supplier(a_program()).id)
    few = Caps(concurrency=3)

    answers = at_once(live, [lambda: admit(supplier_id, few)] * 8)

    tickets = [answer for answer in answers if isinstance(answer, str)]
    assert len(tickets) == 3
    assert transact(lambda: suppliers.health(supplier_id)).running == 3
    transact(lambda: suppliers.done(supplier_id, tickets[0], failed=False))
    assert isinstance(admit(supplier_id, few), str)


def test_a_process_that_died_gives_its_place_back(supplier_id: int) -> None:
    one = Caps(concurrency=1)
    admit(supplier_id, one)
    assert isinstance(admit(supplier_id, one), float)

    transact(lambda: execute("UPDATE supplier_running SET until = now()"))

    assert isinstance(admit(supplier_id, one), str)


def test_a_cart_takes_one_call_at_a_time_and_other_carts_do_not_wait(supplier_id: int) -> None:
    careful = Caps(one_call_per_cart=True)
    ticket = admit(supplier_id, careful, "cart-1")

    assert isinstance(admit(supplier_id, careful, "cart-1"), float)
    assert isinstance(admit(supplier_id, careful, "cart-2"), str)
    transact(lambda: suppliers.done(supplier_id, str(ticket), failed=False))
    assert isinstance(admit(supplier_id, careful, "cart-1"), str)


def test_failures_in_a_row_open_the_circuit_and_one_probe_closes_it(supplier_id: int) -> None:
    fail(supplier_id, 5)

    wait_s = admit(supplier_id)
    assert isinstance(wait_s, float)
    assert 10 < wait_s <= 15

    transact(lambda: execute("UPDATE supplier_gate SET open_until = now()"))
    probe = admit(supplier_id)
    assert isinstance(probe, str)
    assert isinstance(admit(supplier_id), float)
    transact(lambda: suppliers.done(supplier_id, probe, failed=False))
    assert isinstance(admit(supplier_id), str)
    assert transact(lambda: suppliers.health(supplier_id)).failures == 0


def test_a_probe_that_fails_opens_the_circuit_for_longer(supplier_id: int) -> None:
    fail(supplier_id, 5)
    transact(lambda: execute("UPDATE supplier_gate SET open_until = now()"))

    fail(supplier_id, 1)

    wait_s = admit(supplier_id)
    assert isinstance(wait_s, float)
    assert 25 < wait_s <= 30


def test_a_success_between_failures_keeps_the_circuit_closed(supplier_id: int) -> None:
    fail(supplier_id, 4)
    ticket = admit(supplier_id)
    transact(lambda: suppliers.done(supplier_id, str(ticket), failed=False))

    fail(supplier_id, 4)

    assert isinstance(admit(supplier_id), str)


def test_one_supplier_that_is_away_stops_no_other(supplier_id: int) -> None:
    fail(supplier_id, 6 - 1)
    other = transact(lambda: a_supplier(a_program()).id)

    assert isinstance(admit(supplier_id), float)
    assert isinstance(admit(other), str)
    assert fetch_one("SELECT count(*) AS n FROM supplier_gate WHERE open_until IS NOT NULL").n == 1
