"""Merges: whom a wallet's points, debts and end belong to afterwards, and under which key that happened."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import Conflict
from coalition.ledger import AccountKind, Operation
from tests.coalition.ledger.conftest import BONUS, PROGRAM, SHOP, run


def _ends() -> dict[int, int | None]:
    """In how many days the points of each wallet end by idleness."""
    rows = fetch_all("SELECT account_id, idle_at FROM wallet")
    return {row.account_id: row.idle_at and (row.idle_at - now()).days + 1 for row in rows}


def _owing(book, wallet: int, *amounts: int) -> list[int]:
    """Let a wallet that has nothing owe so many points, each for a credit of its own; the debts' rows."""
    lost = [book.earn(wallet, amount).entry_id for amount in amounts]
    book.spend(wallet, sum(amounts))
    return [book.claw_back(wallet, credit, amount).entry_ids[0] for credit, amount in zip(lost, amounts, strict=True)]


@pytest.mark.parametrize(
    ("ours", "theirs", "after"), [(30, 10, 30), (10, 30, 30), (30, None, 30), (None, 10, 10), (None, None, None)]
)
def test_the_points_of_both_end_when_the_later_of_the_two_would(book, ours, theirs, after):
    source, target, bystander = book.wallet(1), book.wallet(2), book.wallet(3)
    for wallet, days in ((source, ours), (target, theirs), (bystander, 5)):
        book.earn(wallet, 10, days=None, idle_at=days and now() + dt.timedelta(days=days))

    book.merge(source, target)

    assert _ends() == {source: None, target: after, bystander: 5}


def test_what_ended_idle_at_either_is_gone_before_they_are_one(book):
    source, target, bystander = book.wallet(1), book.wallet(2), book.wallet(3)
    for wallet in (source, target, bystander):
        book.earn(wallet, 10, days=None, idle_at=now() - dt.timedelta(days=1))

    merged = book.merge(source, target)

    ends = _ends()
    assert (merged.amount, ends[source], ends[target]) == (0, None, None)
    assert ends[bystander] is not None


def test_a_single_point_and_a_single_point_owed_move(book):
    having, owing, target = book.wallet(1), book.wallet(2), book.wallet(3)
    book.earn(having, 1)
    _owing(book, owing, 1)

    merged = [book.merge(source, target, f"m{source}") for source in (owing, having)]

    assert [(one.amount, one.arrears) for one in merged] == [(0, 1), (1, 0)]
    assert (book.balance(target).available, book.balance(target).arrears) == (0, 0)


def test_a_merge_is_told_again_as_it_was_told(book):
    having, owing, target = book.wallet(1), book.wallet(2), book.wallet(3)
    book.earn(having, 5)
    _owing(book, owing, 9)

    told = [[book.merge(one, target, key=str(one)) for _ in range(2)] for one in (owing, having)]

    assert [[(one.amount, one.arrears, one.replayed) for one in twice] for twice in told] == [
        [(0, 9, False), (0, 9, True)],
        [(5, 0, False), (5, 0, True)],
    ]


def test_what_follows_its_wallet_stays_in_its_currency_whatever_others_there_are(book):
    others = []
    for currency in (BONUS - 1, BONUS + 1):
        wallet, issuer = (
            run(lambda kind=kind, currency=currency: ledger.account(PROGRAM, currency, kind, 10))
            for kind in (AccountKind.WALLET, AccountKind.ISSUANCE)
        )
        book.post(replace(book.credit(wallet, 10), currency_id=currency, contra_id=issuer))
        others.append(wallet)
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 10)
    spent = book.spend(source, 10)
    book.merge(source, target)

    book.give_back(source, spent.entry_id, 4)

    assert [book.balance(wallet).available for wallet in (*others, source, target)] == [10, 10, 0, 4]
    contra = "SELECT e.amount, c.kind, c.owner, c.currency_id FROM entry e JOIN account c ON c.id = e.contra_id"
    moved = fetch_all(contra + " WHERE e.operation = :merge ORDER BY e.id", {"merge": int(Operation.MERGE)})
    transfer = (AccountKind.TRANSFER, 0, BONUS)
    assert [tuple(row) for row in moved] == [(-4, *transfer), (4, *transfer)]


def test_only_open_holds_of_the_wallet_that_goes_are_in_the_way(book):
    source, target, bystander = book.wallet(1), book.wallet(2), book.wallet(3)
    for wallet in (source, target, bystander):
        book.earn(wallet, 50)
    book.release(book.hold(source, 10))
    book.hold(target, 20)
    book.hold(bystander, 20)

    assert book.merge(source, target).amount == 50
    assert (book.balance(target).available, book.balance(target).held) == (80, 20)


def test_a_merge_is_known_by_all_the_parts_of_its_key(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 50)
    first = book.merge(source, target)

    assert book.merge(source, target).replayed
    for other in ({"key": "n"}, {"partner": SHOP + 1}):
        again = book.merge(source, target, **other)
        assert (again.replayed, again.amount, again.entry_id) == (False, 0, None)
    with pytest.raises(Conflict, match="external_id_conflict"):
        book.merge(source, target, body=b"other")
    assert first.amount == book.balance(target).available == 50


def test_a_key_that_another_merge_has_taken_is_refused_and_moves_nothing(book):
    one, two, target = book.wallet(1), book.wallet(2), book.wallet(3)
    book.earn(one, 10)
    book.earn(two, 20)
    book.merge(one, target)

    with pytest.raises(Conflict, match="external_id_conflict"):
        book.merge(two, target)

    assert [book.balance(wallet).available for wallet in (one, two, target)] == [0, 20, 10]


def test_whoever_was_merged_into_the_one_that_goes_follows_it_and_nobody_else(book):
    first, second, last, other, home = (book.wallet(member) for member in range(1, 6))
    spent = {}
    for wallet in (first, second, other):
        book.earn(wallet, 10)
        spent[wallet] = book.spend(wallet, 4).entry_id
    book.merge(other, home, "o")
    book.merge(first, second, "a")
    book.merge(second, last, "b")

    for wallet, entry_id in spent.items():
        book.give_back(wallet, entry_id, 3)

    assert [book.balance(wallet).available for wallet in (first, second, last, other, home)] == [0, 0, 18, 0, 9]


def test_debts_move_with_their_age_and_the_older_is_paid_first_whichever_wallet_had_it(book):
    source, target, bystander = book.wallet(1), book.wallet(2), book.wallet(3)
    newer, newest = _owing(book, source, 10, 20)
    (oldest,) = _owing(book, target, 40)
    _owing(book, bystander, 80)
    for days, debt in enumerate((newest, newer, oldest)):
        execute(
            "UPDATE debt SET created_at = now() - :d * interval '1 day' WHERE entry_id = :id", {"d": days, "id": debt}
        )

    merged = book.merge(source, target)
    owed = []
    for points in (40, 10, 5):
        book.earn(target, points)
        owed.append([row.remaining for row in fetch_all(_DEBTS, {"id": target})])

    assert (merged.arrears, owed) == (30, [[10, 20], [20], [15]])
    assert [book.balance(wallet).arrears for wallet in (source, target, bystander)] == [0, 15, 80]


_DEBTS = "SELECT remaining FROM debt WHERE account_id = :id ORDER BY created_at"


def test_a_merge_pays_the_oldest_debt_first(book):
    source, target = book.wallet(1), book.wallet(2)
    _, newer = _owing(book, source, 10, 20)
    book.earn(target, 15)
    execute("UPDATE debt SET created_at = now() - interval '1 day' WHERE entry_id = :id", {"id": newer})

    book.merge(source, target)

    assert [row.remaining for row in fetch_all(_DEBTS, {"id": target})] == [5, 10]


def test_what_is_owed_is_written_off_here_and_owed_there_in_the_journal(book):
    source, target = book.wallet(1), book.wallet(2)
    _owing(book, source, 10, 20)
    book.earn(target, 100)

    book.merge(source, target)

    rows = "SELECT account_id, amount FROM entry WHERE kind = 8 AND operation = :merge ORDER BY id"
    moved = fetch_all(rows, {"merge": int(Operation.MERGE)})
    assert [tuple(row) for row in moved] == [(source, 30), (target, -10), (target, -20)]
    assert (book.balance(target).available, book.balance(target).arrears) == (70, 0)
    assert ledger.lots(source) == []
