"""What settlement reads: every draw attributed to who funded it, to the point. The worked example of the design."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition import ledger
from coalition.kernel.db import fetch_all, raw
from tests.coalition.ledger.conftest import drawn

A, B, C = 1, 2, 3


def _by_funder(entry_id: int) -> dict[int, int]:
    rows = fetch_all("SELECT party_id, points FROM ledger_movements WHERE entry_id = :id", {"id": entry_id})
    total: Counter[int] = Counter()
    for party, points in rows:
        total[party] += points
    return dict(total)


def test_the_worked_example_is_attributed_as_the_design_says(book):
    wallet = book.wallet()
    book.earn(wallet, 1000, legs=((A, 1),), days=300)
    book.earn(wallet, 600, legs=((B, 1),), days=150)
    book.earn(wallet, 800, legs=((C, 1),), days=330)
    book.earn(wallet, 500, legs=((A, 60), (C, 40)), days=180)

    first = book.spend(wallet, 900)
    second = book.capture(book.hold(wallet, 700))

    assert _by_funder(first.entry_id) == {B: 600, A: 180, C: 120}
    assert _by_funder(second.entry_id) == {A: 620, C: 80}
    assert Counter(kind for kind, *_ in drawn()) == {"issue": 5, "redeem": 6}


def test_a_movement_names_both_sides_and_has_a_number_of_its_own(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 10, legs=((A, 1), (B, 1)), key="receipt")
    book.spend(wallet, 10, key="order")

    rows = fetch_all("SELECT * FROM ledger_movements ORDER BY kind, movement_id")

    assert [(r.kind, r.counter_kind, r.counter_owner, r.external_id) for r in rows] == [
        ("issue", 2, 10, "receipt"),
        ("issue", 2, 10, "receipt"),
        ("redeem", 3, 20, "order"),
        ("redeem", 3, 20, "order"),
    ]
    assert len({row.movement_id for row in rows}) == 4
    assert {row.lot_id for row in rows} == {credit.entry_id}


def test_what_a_co_funded_lot_pays_of_a_debt_is_shared_from_where_it_was_drawn_to(book):
    wallet = book.wallet()
    lost = book.earn(wallet, 1, days=5)
    book.spend(wallet, 1)
    book.earn(wallet, 11, legs=((A, 2), (B, 1)))
    book.spend(wallet, 4)

    book.claw_back(wallet, lost.entry_id, 1)
    book.spend(wallet, 6)

    netted = fetch_all("SELECT party_id, points FROM ledger_movements WHERE operation = 20 AND points <> 0")
    shares = Counter({A: 0, B: 0})
    for kind, party, points in drawn():
        shares[party] += points if kind == "redeem" and party in (A, B) else 0
    assert [tuple(row) for row in netted] == [(B, 1)]
    assert (shares[A], shares[B]) == (7, 4)


def test_a_leg_below_nothing_is_rounded_as_its_opposite_would_be(book):
    ((funding,),) = raw().execute("SELECT ledger_funding(%s, %s)", ([A, B, C], [3, -1, 2])).fetchall()

    split = "SELECT points FROM ledger_split(%s, %s, %s) ORDER BY no"
    shares = [[points for (points,) in raw().execute(split, (funding, *part))] for part in ((0, 2), (2, 4), (0, 4))]

    assert shares == [[2, -1, 1], [1, 0, 1], [3, -1, 2]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weights=st.lists(st.integers(1, 9), min_size=1, max_size=4), draws=st.lists(st.integers(1, 9), min_size=1))
def test_the_shares_of_any_draws_sum_to_the_shares_of_the_lot(app, weights, draws):
    funding = ledger.funding(list(enumerate(weights, start=1)))

    def split(before: int, after: int) -> Counter[int]:
        rows = raw().execute("SELECT party_id, points FROM ledger_split(%s, %s, %s)", (funding, before, after))
        return Counter(dict(rows))

    total: Counter[int] = Counter()
    at = 0
    for draw in draws:
        shares = split(at, at + draw)
        assert sum(shares.values()) == draw
        total.update(shares)
        at += draw

    assert total == split(0, at)
