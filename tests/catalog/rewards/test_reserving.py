"""Stock: nothing is sold twice, whoever asks at once."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask

from catalog import rewards, suppliers
from coalition.kernel import clock
from coalition.kernel.config import Config
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.errors import Conflict
from coalition.kernel.laws import offending
from tests.builders import a_program
from tests.catalog.builders import a_supplier, offers_in_stock


def _stock(offer_id: int) -> tuple[int, int]:
    row = fetch_one("SELECT on_hand, reserved FROM stock WHERE offer_id = :id", {"id": offer_id})
    return row.on_hand, row.reserved


@pytest.fixture
def offer_id(app: Flask) -> int:
    """An offer with five pieces."""
    return transact(lambda: offers_in_stock(a_supplier(a_program()), A1=5)["A1"])


def test_a_reservation_takes_pieces_and_a_commit_removes_them(offer_id: int) -> None:
    transact(lambda: rewards.reserve([(offer_id, 2, "k1"), (offer_id, 1, "k2")]))
    assert _stock(offer_id) == (5, 3)

    transact(lambda: rewards.commit("k1"))
    transact(lambda: rewards.release("k2"))

    assert _stock(offer_id) == (3, 0)


def test_the_same_key_reserves_once_and_closes_once(offer_id: int) -> None:
    for _ in range(2):
        transact(lambda: rewards.reserve([(offer_id, 2, "k1")]))
    for _ in range(2):
        transact(lambda: rewards.commit("k1"))
    transact(lambda: rewards.release("k1"))

    assert _stock(offer_id) == (3, 0)


def test_a_key_stands_for_one_thing_only(offer_id: int) -> None:
    transact(lambda: rewards.reserve([(offer_id, 2, "k1")]))

    with pytest.raises(Conflict, match="reservation_conflict"):
        transact(lambda: rewards.reserve([(offer_id, 3, "k1")]))
    transact(lambda: rewards.release("k1"))
    with pytest.raises(Conflict, match="reservation_conflict"):
        transact(lambda: rewards.reserve([(offer_id, 2, "k1")]))


def test_too_few_pieces_of_one_line_reserve_no_line(app: Flask) -> None:
    ids = transact(lambda: offers_in_stock(a_supplier(a_program()), A1=5, A2=1))

    with pytest.raises(Conflict, match="out_of_stock") as refused:
        transact(lambda: rewards.reserve([(ids["A2"], 2, "k2"), (ids["A1"], 1, "k1")]))

    assert refused.value.extra == {"offer_id": ids["A2"]}
    assert (_stock(ids["A1"]), _stock(ids["A2"])) == ((5, 0), (1, 0))
    assert fetch_one("SELECT count(*) AS n FROM reservation").n == 0


def test_what_has_no_stock_at_all_is_out_of_stock(app: Flask) -> None:
    with pytest.raises(Conflict, match="out_of_stock"):
        transact(lambda: rewards.reserve([(2**40, 1, "k")]))


def test_an_older_count_is_ignored_and_a_newer_one_keeps_what_is_reserved(app: Flask) -> None:
    def given() -> tuple[suppliers.Supplier, int]:
        supplier = a_supplier(a_program())
        return supplier, offers_in_stock(supplier, A1=5)["A1"]

    supplier, offer_id = transact(given)
    now = clock.now()
    transact(lambda: rewards.reserve([(offer_id, 4, "k1")]))

    old = transact(lambda: rewards.apply_stock(supplier.id, now - dt.timedelta(days=9), [("A1", 100)]))
    new = transact(lambda: rewards.apply_stock(supplier.id, now, [("A1", 1), ("A7", 3)]))

    assert (old.applied, old.outdated, new.applied, new.unknown_skus) == (0, 1, 1, ["A7"])
    assert _stock(offer_id) == (4, 4)
    assert fetch_one("SELECT oversold_qty AS n FROM stock WHERE offer_id = :id", {"id": offer_id}).n == 3


def test_what_was_sold_after_a_count_was_taken_is_not_sold_again(app: Flask) -> None:
    def given() -> tuple[suppliers.Supplier, int]:
        supplier = a_supplier(a_program())
        return supplier, offers_in_stock(supplier, A1=5)["A1"]

    supplier, offer_id = transact(given)
    counted_at = clock.now()
    transact(lambda: rewards.reserve([(offer_id, 2, "k1")]))
    transact(lambda: rewards.commit("k1"))

    transact(lambda: rewards.apply_stock(supplier.id, counted_at, [("A1", 5)]))

    assert _stock(offer_id) == (3, 0)


def test_an_offer_without_limit_is_never_sold_out(offer_id: int) -> None:
    transact(lambda: execute("UPDATE stock SET on_hand = NULL WHERE offer_id = :id", {"id": offer_id}))

    transact(lambda: rewards.reserve([(offer_id, 1_000, "k1")]))
    transact(lambda: rewards.commit("k1"))

    assert _stock(offer_id) == (None, 0)


def test_the_laws_of_stock_hold(offer_id: int) -> None:
    transact(lambda: rewards.reserve([(offer_id, 2, "k1")]))

    assert [law.code for law in rewards.laws() if offending(law)] == []


def test_of_eight_buyers_of_the_last_piece_one_wins_two_hundred_times(fresh_database: Config) -> None:
    from wsgi import create_app

    rounds, buyers = 200, 8
    app = create_app(replace(fresh_database, web_threads=buyers))
    with app.app_context():
        skus = {f"A{at}": 1 for at in range(rounds)}
        ids = transact(lambda: offers_in_stock(a_supplier(a_program()), **skus))
    start = threading.Barrier(buyers, timeout=60)
    outcomes: dict[int, list[str]] = {offer_id: [] for offer_id in ids.values()}

    def buy(buyer: int) -> None:
        with app.app_context():
            for offer_id in ids.values():
                start.wait()
                line = (offer_id, 1, f"{offer_id}:{buyer}")
                outcomes[offer_id].append(_attempt(partial(rewards.reserve, [line])))

    threads = [threading.Thread(target=buy, args=(buyer,)) for buyer in range(buyers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(sorted(found) == ["out_of_stock"] * 7 + ["won"] for found in outcomes.values())
    with app.app_context():
        assert fetch_one("SELECT sum(reserved) AS n FROM stock").n == rounds
        assert fetch_one("SELECT count(*) AS n FROM reservation").n == rounds
        assert [law.code for law in rewards.laws() if offending(law)] == []


def _attempt(work: Callable[[], None]) -> str:
    try:
        transact(work)
    except Conflict as refused:
        return refused.code
    except Exception as error:  # an error is an outcome, too, and must not leave the other buyers waiting
        return repr(error)
    return "won"
