"""The lots that lie in the database are those that follow from the journal."""

from __future__ import annotations

import random

import pytest
from flask import Flask

from coalition.kernel.db import raw
from coalition.kernel.errors import Conflict
from tests.model import clock
from tests.model.books import Books
from tests.model.reference import Refused
from tests.model.replay import differences

MEMBERS, WEEKS = 40, 52


def _year(books: Books) -> None:
    """Shopping, holds that end in every way, expiry: week by week."""
    chance = random.Random(2026)
    clock.move_to(0)
    open_holds: list[int] = []
    for week in range(WEEKS):
        now = week * 7
        clock.move_to(now)
        books.expire(now)
        for number in range(week * 1000, week * 1000 + MEMBERS):
            wallet, amount = chance.randrange(MEMBERS), chance.randint(1, 200)
            books.earn(wallet, number, amount, chance.choice((((10, 1),), ((10, 3), (11, 2)))), expires=now + 90)
            try:
                if chance.random() < 0.3:
                    books.spend(chance.randrange(MEMBERS), number + 100, chance.randint(1, 150), now)
                elif chance.random() < 0.5:
                    books.hold(chance.randrange(MEMBERS), number, chance.randint(2, 100), now, now + 10)
                    open_holds.append(number)
                    books.capture(number, number + 200, 1, now)
            except (Conflict, Refused):
                continue
        while len(open_holds) > 20:
            try:
                books.release(open_holds.pop(0))
            except Conflict:
                continue


def test_a_year_replayed_comes_to_the_same_lots(moving: Flask) -> None:
    _year(Books("y", MEMBERS))

    assert raw().execute("SELECT count(DISTINCT kind) FROM entry").fetchone() == (6,)
    assert differences(raw()) == []


@pytest.mark.parametrize("crime", ["UPDATE lot SET remaining = remaining - 1 WHERE remaining > 1", "DELETE FROM lot"])
def test_replaying_sees_lots_that_do_not_follow(moving: Flask, crime: str) -> None:
    books = Books("y", 1)
    books.earn(0, 1, 100, ((10, 1),))

    raw().execute(crime)

    assert differences(raw()) == [books.wallets[0]]
