"""In which order points come back: as the return says, or as the redeemer had agreed when they were redeemed."""

from __future__ import annotations

import datetime as dt

import pytest

from coalition import ledger
from coalition.kernel.clock import now
from tests.coalition.ledger.conftest import run, turns


def test_an_agreement_holds_for_what_was_redeemed_at_the_very_instant_it_begins(book):
    wallet, redeemer = book.wallet(), 20
    book.earn(wallet, 20, days=10)
    book.earn(wallet, 20, days=20)
    order = book.debit(wallet, 40)
    (redeemed,) = book.post(order)
    run(lambda: ledger.set_reversal_orders(redeemer, {order.occurred_at: "pro_rata"}))

    book.give_back(wallet, redeemed.entry_id, 10)

    assert turns(redeemed.entry_id) == {1: [5, 5]}


def test_what_the_redeemer_has_agreed_holds_for_what_was_redeemed_since(book):
    wallet, redeemer = book.wallet(), 20
    book.earn(wallet, 20, days=10)
    book.earn(wallet, 20, days=20)
    since = now() - dt.timedelta(hours=1)
    before, after = book.spend(wallet, 30), None
    for orders in ({now() + dt.timedelta(days=1): "pro_rata"}, {since: "pro_rata"}):
        run(lambda orders=orders: ledger.set_reversal_orders(redeemer, orders))
        after = book.give_back(wallet, before.entry_id, 6)

    assert after is not None
    assert turns(before.entry_id) == {0: [0, 6], 1: [5, 1]}
    assert ledger.reversal_orders(redeemer) == {since: "pro_rata"}
    assert not ledger.set_reversal_orders(redeemer, {since: "pro_rata"})


def test_there_are_two_orders(book):
    with pytest.raises(ValueError, match="at_random"):
        book.give_back(book.wallet(), 1, 1, order="at_random")
    with pytest.raises(ValueError, match="at_random"):
        ledger.set_reversal_orders(1, {now(): "at_random"})


@pytest.mark.parametrize(
    ("owner", "orders", "fair"),
    [
        (20, {9: "pro_rata"}, True),
        (21, {9: "pro_rata"}, False),
        (20, {9: "pro_rata", 5: "last_drawn_first"}, False),
        (20, {9: "last_drawn_first", 5: "pro_rata"}, True),
    ],
)
def test_it_is_the_redeemers_own_agreement_and_the_latest_by_then(book, owner, orders, fair):
    wallet = book.wallet()
    for days in (10, 20):
        book.earn(wallet, 20, days=days)
    run(lambda: ledger.set_reversal_orders(owner, {now() - dt.timedelta(days=d): how for d, how in orders.items()}))
    redeemed = book.spend(wallet, 40)

    book.give_back(wallet, redeemed.entry_id, 10)

    assert [lot.remaining for lot in ledger.lots(wallet)] == ([5, 5] if fair else [10])


def test_what_was_clawed_back_comes_back_last_drawn_first_whatever_its_issuer_agreed_as_a_redeemer(book):
    wallet, issuer = book.wallet(), 10
    credit = book.earn(wallet, 30, legs=((10, 1), (11, 1)))
    book.release(book.hold(wallet, 10))
    run(lambda: ledger.set_reversal_orders(issuer, {now() - dt.timedelta(days=9): "pro_rata"}))
    clawed = book.claw_back(wallet, credit.entry_id, 30)

    book.give_back(wallet, clawed.entry_ids[0], 10)

    assert turns(clawed.entry_ids[0]) == {}
    assert book.balance(wallet).available == 10
