"""What a key or an address names: every part of it counts, and nothing else goes by it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from coalition import ledger
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import Conflict, NotFound
from coalition.ledger import Operation
from tests.coalition.ledger.conftest import SHOP

ELSEWHERE = [
    {"partner_id": SHOP + 1},
    {"operation": Operation.EVENT},
    {"no": 1},
    {"key": "l"},
]


def _code(command) -> str:
    with pytest.raises(Conflict) as refused:
        command()
    return refused.value.code


def _is_known_by_all_the_parts(first, work):
    """The same work under a key that differs in one part is another deed, and is told again by that very key."""
    others = [work(**{"key": "k", **more}) for more in ELSEWHERE]

    assert not any(one.replayed for one in others)
    assert len({first.entry_ids, *(one.entry_ids for one in others)}) == 5
    again = [work(**{"key": "k", **more}) for more in ELSEWHERE]
    assert again == [replace(one, replayed=True) for one in others]


def test_a_hold_is_known_at_its_own_wallet_alone(book):
    wallet, other = book.wallet(1), book.wallet(2)
    for one in (wallet, other):
        book.earn(one, 100)
    hold = book.hold(wallet, 50)
    book.hold(other, 20)
    astray = replace(hold, account_id=other)

    for command in (
        lambda: book.capture(astray),
        lambda: book.release(astray),
        lambda: ledger.extend_hold((other, hold.id), 86_400),
    ):
        with pytest.raises(NotFound):
            command()

    assert ledger.get_hold(wallet, hold.id) == hold


def test_what_happens_to_one_hold_leaves_the_others_of_its_wallet_alone(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    first, second, third = (book.hold(wallet, 20) for _ in range(3))

    book.capture(second, 5)
    ledger.extend_hold((wallet, second.id), 86_400)
    book.release(second)

    assert [ledger.get_hold(wallet, one.id) for one in (first, third)] == [first, third]


def test_a_closed_hold_answers_again_to_the_very_key_that_released_it_alone(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    hold, other = book.hold(wallet, 50), book.hold(wallet, 30)
    book.capture(hold, 10, key="c", body=b"release")
    book.release(hold, key="r")
    book.release(other, key="o")

    assert book.release(hold, key="r").replayed
    for wrong in (
        {"key": "c"},
        {"key": "o"},
        {"key": "r", "partner": SHOP + 1},
        {"key": "r", "operation": Operation.EVENT},
    ):
        assert _code(lambda wrong=wrong: book.release(hold, **wrong)) == "hold_closed"


def test_a_capture_is_known_by_its_key_whatever_hold_is_named_with_it(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    hold = book.hold(wallet, 50)
    first = book.capture(hold, 10, key="c")
    book.capture(hold, 10, key="d")
    book.capture(hold, 10, key="c", operation=Operation.EVENT)

    assert book.capture(hold, 10, key="c") == replace(first, replayed=True)
    assert _code(lambda: book.capture(hold, 9, key="d")) == "external_id_conflict"
    assert book.balance(wallet).held == 20


def test_a_claw_back_is_known_by_all_the_parts_of_its_key_together(book):
    wallet = book.wallet()
    credit, other = book.earn(wallet, 100), book.earn(wallet, 100)
    first = book.claw_back(wallet, credit.entry_id, 10, key="k")

    _is_known_by_all_the_parts(first, partial(book.claw_back, wallet, credit.entry_id, 10))
    assert _code(lambda: book.claw_back(wallet, other.entry_id, 10, key="k")) == "external_id_conflict"


def test_giving_back_is_known_by_all_the_parts_of_its_key_together(book):
    wallet = book.wallet()
    book.earn(wallet, 10, legs=((10, 2), (11, 1)), days=5)
    book.earn(wallet, 90)
    spent, other = book.spend(wallet, 60), book.spend(wallet, 20)
    first = book.give_back(wallet, spent.entry_id, 1, key="k")

    _is_known_by_all_the_parts(first, partial(book.give_back, wallet, spent.entry_id, 1))
    assert _code(lambda: book.give_back(wallet, other.entry_id, 1, key="k")) == "external_id_conflict"


def test_the_key_of_something_else_gives_nothing_back(book):
    wallet = book.wallet()
    book.earn(wallet, 100, key="e", body=b"same")
    spent = book.spend(wallet, 60)
    claw = {"key": "e", "body": b"same", "operation": Operation.PURCHASE}

    assert _code(lambda: book.give_back(wallet, spent.entry_id, 5, **claw)) == "external_id_conflict"
    assert book.balance(wallet).available == 40


def test_what_came_back_by_many_rows_is_told_again_by_the_same_and_no_other(book):
    wallet = book.wallet()
    for days in range(1, 13):
        book.earn(wallet, 10, legs=((10, 1), (11, 1)), days=days)
    spent = book.spend(wallet, 120)
    before = book.give_back(wallet, spent.entry_id, 15, key="before")

    first = book.give_back(wallet, spent.entry_id, 95, key="r")
    book.give_back(wallet, spent.entry_id, 10, key="after")
    again = book.give_back(wallet, spent.entry_id, 95, key="r")

    assert (len(before.entry_ids), len(first.entry_ids)) == (2, 10)
    assert again == replace(first, replayed=True)
    rows = fetch_all("SELECT id FROM entry WHERE kind = 7 AND partner_id <> 0 ORDER BY id")
    assert first.entry_ids[0] == rows[1].id


def test_a_redemption_is_given_back_at_its_own_wallet_alone(book):
    wallet, other = book.wallet(1), book.wallet(2)
    for one in (wallet, other):
        book.earn(one, 100)
    spent = book.spend(wallet, 50)
    book.spend(other, 50)

    with pytest.raises(NotFound):
        book.give_back(other, spent.entry_id, 5)

    assert [book.balance(one).available for one in (wallet, other)] == [50, 50]


def test_the_row_that_tops_up_carries_the_key_and_those_of_children_an_inner_one(book):
    wallet = book.wallet()
    book.earn(wallet, 10, days=5, legs=((10, 1), (11, 1)))
    book.earn(wallet, 10, days=6)
    spent = book.spend(wallet, 20)

    given = book.give_back(wallet, spent.entry_id, 14, key="r", no=3)

    rows = fetch_all("SELECT id, partner_id, external_id, no, amount FROM entry WHERE kind = 7 ORDER BY id")
    first, child = given.entry_ids
    assert [tuple(row) for row in rows] == [(first, SHOP, "r", 3, 10), (child, 0, f"{first}.1", 0, 4)]
