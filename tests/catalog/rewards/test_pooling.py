"""Pools of codes: a code goes out once, under a reservation, and the codes left are the stock."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from catalog import rewards
from coalition.kernel import clock
from coalition.kernel.config import Config
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.kernel.laws import offending
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import Shop, a_shop

_CARD = {"weight": None, "downloadable": "true", "count": None}


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A gift card with a pool of three codes, and a thing."""
    return _shop(["AAA-1", "AAA-2", "AAA-3"])


def _shop(codes: list[str], low_at: int = 1) -> Shop:
    shop = a_shop()
    shop.supplies("first", an_offer("G1", name="Gift card", **_CARD), an_offer("T1"))
    offer_id = shop.one("G1").offer_id
    transact(lambda: rewards.open_pool(shop.program.id, offer_id, low_at=low_at))
    transact(lambda: rewards.upload_codes(shop.program.id, offer_id, codes))
    return shop


def _offer(shop: Shop) -> int:
    return shop.one("G1").offer_id


def _reserve(shop: Shop, qty: int, key: str) -> None:
    offer_id = _offer(shop)
    transact(lambda: rewards.reserve([(offer_id, qty, key)]))


def _laws() -> list[str]:
    return [law.code for law in rewards.laws() if offending(law)]


def test_codes_left_are_the_stock_and_no_feed_says_otherwise(shop: Shop) -> None:
    assert shop.one("G1").available == 3

    shop.supplies("first", an_offer("G1", name="Gift card", **{**_CARD, "count": "9"}), an_offer("T1"))
    now = clock.now()
    transact(lambda: rewards.apply_stock(shop.suppliers["first"].id, now, [("G1", 500)]))
    assert shop.one("G1").available == 3

    _reserve(shop, 2, "k")
    transact(lambda: rewards.take_codes("k", 2))
    assert shop.one("G1").available == 1
    assert _laws() == []
    transact(lambda: rewards.commit("k"))
    assert shop.one("G1").available == 1
    with pytest.raises(Conflict, match="out_of_stock"):
        _reserve(shop, 2, "l")
    assert _laws() == []


def test_the_same_reservation_is_shown_the_same_codes_for_ever(shop: Shop) -> None:
    _reserve(shop, 2, "k")

    first = transact(lambda: rewards.take_codes("k", 1))
    both = transact(lambda: rewards.take_codes("k", 2))
    transact(lambda: rewards.commit("k"))

    assert (first, both) == (["AAA-1"], ["AAA-1", "AAA-2"])
    assert transact(lambda: rewards.take_codes("k", 2)) == both
    assert _laws() == []


def test_no_code_goes_out_without_a_reservation_of_its_pool(shop: Shop) -> None:
    thing = shop.one("T1").offer_id
    transact(lambda: rewards.reserve([(thing, 1, "thing")]))
    _reserve(shop, 1, "one")
    _reserve(shop, 1, "back")
    transact(lambda: rewards.release("back"))

    for key in ("thing", "unknown"):
        with pytest.raises(NotFound):
            transact(lambda key=key: rewards.take_codes(key, 1))
    with pytest.raises(Conflict, match="too_many_codes"):
        transact(lambda: rewards.take_codes("one", 2))
    with pytest.raises(Conflict, match="reservation_closed"):
        transact(lambda: rewards.take_codes("back", 1))
    assert fetch_one("SELECT count(*) AS n FROM code_issue").n == 0


def test_codes_are_read_from_a_file_once_each(shop: Shop) -> None:
    lines = ["code,expires_on", "BBB-1,2099-01-31", "AAA-2", "", '"BBB-2"', "BBB-1"]

    result = transact(lambda: rewards.upload_codes(shop.program.id, _offer(shop), lines))

    assert (result.added, result.known, list(result.lines)) == (2, 1, [3])
    assert shop.one("G1").available == 5
    assert "AAA-1" not in str([*map(tuple, fetch_all("SELECT sealed, mark FROM code"))])


@pytest.mark.parametrize("line", ["x" * 201, "x" * 140_000, "A,B,C", "A,tomorrow", "A\x00B", ",2099-01-01"])
def test_a_file_with_a_line_that_is_no_code_changes_nothing(shop: Shop, line: str) -> None:
    with pytest.raises(Invalid) as refused:
        transact(lambda: rewards.upload_codes(shop.program.id, _offer(shop), ["GOOD", line]))

    assert [problem.pointer for problem in refused.value.errors] == ["/lines/2"]
    assert shop.one("G1").available == 3


def test_a_low_pool_raises_one_alarm_until_it_is_filled(shop: Shop) -> None:
    def alarms() -> int:
        return int(fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'codes.low'").n)

    def pool() -> rewards.CodePool:
        return rewards.code_pools(shop.program.id)[0]

    _reserve(shop, 3, "k")
    before = alarms()
    for qty in (1, 2, 3):
        transact(lambda qty=qty: rewards.take_codes("k", qty))
    assert (alarms() - before, pool().is_low, pool().free, pool().issued, pool().held) == (1, True, 0, 3, 3)

    transact(lambda: rewards.upload_codes(shop.program.id, _offer(shop), ["C1", "C2"]))
    assert (alarms() - before, pool().is_low) == (1, False)


def test_recalled_and_outdated_codes_leave_the_shelf_but_not_what_orders_wait_for(shop: Shop) -> None:
    offer_id = _offer(shop)
    assert transact(lambda: rewards.withdraw_codes(shop.program.id, offer_id, ["AAA-1", "never"])) == 1
    _reserve(shop, 1, "k")
    with pytest.raises(Conflict, match="offer_reserved"):
        transact(lambda: rewards.withdraw_codes(shop.program.id, offer_id, ["AAA-2", "AAA-3"]))

    yesterday = (clock.now() - dt.timedelta(days=2)).date()
    transact(lambda: execute("UPDATE code SET expires_on = :day WHERE state = 'free'", {"day": yesterday}))
    transact(rewards.expire_codes)

    assert shop.one("G1").available == 0
    assert fetch_one("SELECT oversold_qty AS n FROM stock WHERE offer_id = :id", {"id": offer_id}).n == 1
    with pytest.raises(Conflict, match="codes_missing"):
        transact(lambda: rewards.take_codes("k", 1))
    assert _laws() == []


def test_a_pool_belongs_to_its_program_and_to_something_sent_by_mail(shop: Shop) -> None:
    other = a_shop("other")

    for attempt in (
        lambda: rewards.open_pool(other.program.id, _offer(shop)),
        lambda: rewards.open_pool(shop.program.id, shop.one("T1").offer_id),
        lambda: rewards.upload_codes(other.program.id, _offer(shop), ["X"]),
        lambda: rewards.withdraw_codes(other.program.id, _offer(shop), ["X"]),
    ):
        with pytest.raises(NotFound):
            transact(attempt)
    assert rewards.code_pools(other.program.id) == []


@pytest.mark.parametrize("crime", ["UPDATE code_issue SET reservation_key = 'x'", "DELETE FROM code_issue"])
def test_nothing_can_unsay_that_a_code_was_given_out(shop: Shop, crime: str) -> None:
    with pytest.raises(ProgrammingError) as refused:
        transact(lambda: execute(crime))

    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_of_eight_who_take_codes_at_once_no_two_get_the_same(fresh_database: Config) -> None:
    from wsgi import create_app

    takers, each = 8, 25
    app = create_app(replace(fresh_database, web_threads=takers))
    with app.app_context():
        shop = _shop([f"CODE-{at}" for at in range(takers * each)])
        offer_id = _offer(shop)
        lines = [(offer_id, 1, f"{taker}:{at}") for taker in range(takers) for at in range(each)]
        transact(lambda: rewards.reserve(lines))
    start = threading.Barrier(takers, timeout=60)
    taken: dict[str, list[str]] = {}

    def take(taker: int) -> None:
        with app.app_context():
            start.wait()
            for at in range(each):
                for key in (f"{taker}:{at}", f"{(taker + 1) % takers}:{at}"):  # a neighbour asks for the same, too
                    codes = transact(lambda key=key: rewards.take_codes(key, 1))
                    assert taken.setdefault(key, codes) == codes

    threads = [threading.Thread(target=take, args=(taker,)) for taker in range(takers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len({codes[0] for codes in taken.values()}) == takers * each
    with app.app_context():
        assert _laws() == []
