"""Taking back: own lots first, then others, then a debt that the next credits pay; and giving back to the very lots."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import pytest

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict, NotFound
from tests.coalition.ledger.conftest import Book, drawn, instant, offences, turns
from tests.model import clock
from tests.model.conftest import moving

__all__ = ["moving"]


def _split(clawed: ledger.ClawedBack) -> tuple[int, int, int, int]:
    return clawed.own, clawed.others, clawed.owed, clawed.waived


def _by_party(kind: str) -> dict[int, int]:
    total: dict[int, int] = {}
    for what, party, points in drawn():
        if what == kind:
            total[party] = total.get(party, 0) + points
    return total


def test_a_claw_back_takes_the_credits_own_points_first_then_others_then_owes_then_waives(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100, days=5)
    book.spend(wallet, 70)
    book.earn(wallet, 25, days=9)

    clawed = book.claw_back(wallet, credit.entry_id, 100, floor=30)

    assert _split(clawed) == (30, 25, 30, 15)
    balance = book.balance(wallet)
    assert (balance.available, balance.arrears) == (0, 30)


def test_a_claw_back_that_one_other_lot_pays_to_its_last_point_leaves_the_next_alone(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 50)
    book.spend(wallet, 50)
    book.earn(wallet, 20, days=5)
    book.earn(wallet, 30, days=9)

    assert _split(book.claw_back(wallet, credit.entry_id, 20)) == (0, 20, 0, 0)
    assert [lot.remaining for lot in ledger.lots(wallet)] == [30]


def test_a_claw_back_may_take_a_single_point_of_each_kind(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 3, days=5)
    book.spend(wallet, 2)
    book.earn(wallet, 1, days=9)

    clawed = book.claw_back(wallet, credit.entry_id, 3)

    assert (_split(clawed), len(clawed.entry_ids)) == ((1, 1, 1, 0), 2)
    assert (book.balance(wallet).available, book.balance(wallet).arrears) == (0, 1)


def test_points_that_begin_at_this_very_instant_are_not_pending_and_those_that_end_are_gone(book):
    wallet = book.wallet()
    begins = replace(book.credit(wallet, 20), active_at=instant())
    ends = replace(book.credit(wallet, 10), expires_at=instant())
    ours, gone = book.post(begins, ends)

    pending = book.claw_back(wallet, ours.entry_id, 5, policy="only_pending")
    others = book.claw_back(wallet, gone.entry_id, 10)

    assert (_split(pending), _split(others)) == ((0, 0, 0, 5), (0, 10, 0, 0))


@pytest.mark.parametrize(
    ("policy", "split"),
    [("only_pending", (0, 0, 0, 100)), ("within_balance", (30, 25, 0, 45)), ("arrears", (30, 25, 45, 0))],
)
def test_the_policy_says_where_points_may_be_taken_from(book, policy, split):
    wallet = book.wallet()
    credit = book.earn(wallet, 100, days=5)
    book.spend(wallet, 70)
    book.earn(wallet, 25, days=9)

    assert _split(book.claw_back(wallet, credit.entry_id, 100, policy=policy)) == split


def test_arrears_are_netted_from_the_next_credits_oldest_debt_first(book):
    wallet = book.wallet()
    debts = []
    for _ in range(2):
        credit = book.earn(wallet, 50)
        book.spend(wallet, book.balance(wallet).available)
        debts.append(credit.entry_id)
    for credit_id in debts:
        book.claw_back(wallet, credit_id, 40)

    first = book.earn(wallet, 60)
    second = book.earn(wallet, 30, active_days=3)

    assert (first.undrawn, second.undrawn) == (0, 10)
    assert book.balance(wallet).arrears == 0
    assert list(fetch_all("SELECT -amount FROM entry WHERE kind = 9 ORDER BY id")) == [(40,), (20,), (20,)]
    assert [row.counter_kind for row in fetch_all("SELECT * FROM ledger_movements WHERE operation = 20")] == [9, 9, 9]


def test_a_batch_nets_arrears_the_same_at_both_speeds(book):
    left = []
    for member, speed in ((1, 1000), (2, 1)):
        wallet = book.wallet(member)
        credit = book.earn(wallet, 50)
        book.spend(wallet, 50)
        book.claw_back(wallet, credit.entry_id, 50)

        posted = book.post(*[book.credit(wallet, 20) for _ in range(4)], bulk_from=speed)

        left.append(([one.undrawn for one in posted], [lot.remaining for lot in ledger.lots(wallet)]))
    assert left[0] == left[1] == ([30] * 4, [10, 20])


def test_restricted_and_pending_points_of_others_pay_no_claw_back(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 50)
    book.spend(wallet, 50)
    book.earn(wallet, 20, restriction=4)
    book.earn(wallet, 20, active_days=3)

    clawed = book.claw_back(wallet, credit.entry_id, 50, policy="within_balance")

    assert _split(clawed) == (0, 0, 0, 50)


def test_a_pending_credit_is_clawed_back_from_itself(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 50, active_days=14)

    assert _split(book.claw_back(wallet, credit.entry_id, 20, policy="only_pending")) == (20, 0, 0, 0)
    assert book.balance(wallet).pending == 30


def test_a_claw_back_happens_once_under_its_key_and_tells_the_same_split_again(book):
    wallet, other = book.wallet(), book.wallet(2)
    credit, elsewhere = book.earn(wallet, 100), book.earn(other, 100)
    book.spend(wallet, 60)

    first = book.claw_back(wallet, credit.entry_id, 70, floor=10, key="r")
    book.earn(wallet, 500)
    again = book.claw_back(wallet, credit.entry_id, 70, floor=10, key="r")

    assert (again.entry_ids, _split(again), again.replayed) == (first.entry_ids, (40, 0, 10, 20), True)
    for conflicting in (
        lambda: book.claw_back(wallet, credit.entry_id, 71, key="r"),
        lambda: book.claw_back(other, elsewhere.entry_id, 70, key="r"),
    ):
        with pytest.raises(Conflict) as refused:
            conflicting()
        assert refused.value.code == "external_id_conflict"


def test_a_wholly_waived_claw_back_is_remembered_too(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100)
    book.spend(wallet, 100)
    book.claw_back(wallet, credit.entry_id, 100, policy="within_balance", key="r")
    book.earn(wallet, 100)

    again = book.claw_back(wallet, credit.entry_id, 100, policy="within_balance", key="r")

    assert (_split(again), again.replayed) == ((0, 0, 0, 100), True)
    assert book.balance(wallet).available == 100


def test_no_more_is_clawed_back_than_the_credit_was(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100)
    book.claw_back(wallet, credit.entry_id, 60)

    with pytest.raises(Conflict) as refused:
        book.claw_back(wallet, credit.entry_id, 41)
    with pytest.raises(NotFound):
        book.claw_back(wallet, credit.entry_id + 1_000_000, 1)

    assert (refused.value.code, refused.value.extra) == ("return_exceeded", {"available": 40})


def test_a_co_funded_credit_clawed_back_in_parts_is_clawed_back_leg_by_leg(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 10, legs=((10, 1), (11, 1), (12, 1)))

    book.claw_back(wallet, credit.entry_id, 3)
    book.spend(wallet, 5)
    book.claw_back(wallet, credit.entry_id, 4)
    book.claw_back(wallet, credit.entry_id, 3)

    assert _by_party("clawback") == _by_party("issue")


def test_a_co_funded_debt_is_shared_by_the_credits_own_claw_backs_whatever_else_the_wallet_did(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 10, legs=((10, 1), (11, 1), (12, 1)))
    book.earn(wallet, 100, legs=((11, 1),))
    book.spend(wallet, 110)

    shares = []
    for amount in (3, 7):
        book.claw_back(wallet, credit.entry_id, amount)
        shares.append(_by_party("clawback"))

    assert shares == [{10: 1, 11: 1, 12: 1}, {10: 3, 11: 3, 12: 4}]


def test_points_given_back_return_to_their_lots_last_drawn_first(book):
    wallet = book.wallet()
    book.earn(wallet, 60, days=10)
    book.earn(wallet, 60, days=20)
    redeemed = book.spend(wallet, 100)

    first = book.give_back(wallet, redeemed.entry_id, 50)
    second = book.give_back(wallet, redeemed.entry_id, 30)

    assert (first.amount, len(first.entry_ids), second.amount) == (50, 1, 30)
    assert [lot.remaining for lot in ledger.lots(wallet)] == [40, 60]
    assert book.balance(wallet).available == 100
    assert sum(points for kind, _, points in drawn() if kind == "redeem") == 20


def test_a_captured_hold_is_given_back_and_a_stretch_of_a_co_funded_lot_leg_by_leg(book):
    wallet = book.wallet()
    book.earn(wallet, 10, legs=((10, 2), (11, 1)))
    book.earn(wallet, 10, days=500)
    captured = book.capture(book.hold(wallet, 12), 12)

    first = book.give_back(wallet, captured.entry_id, 5, key="r")
    again = book.give_back(wallet, captured.entry_id, 5, key="r")
    book.give_back(wallet, captured.entry_id, 7)

    assert (again.entry_ids, again.amount, again.replayed) == (first.entry_ids, 5, True)
    assert len(first.entry_ids) == 2
    assert set(_by_party("redeem").values()) == {0}
    assert book.balance(wallet).available == 20


def test_in_proportion_each_draw_gets_back_its_share_and_a_tie_goes_to_the_earlier_draw(book):
    wallet = book.wallet()
    for points in (10, 10, 20):
        book.earn(wallet, points, days=points)
    redeemed = book.spend(wallet, 40)

    shares = [3, 1, 36]
    for amount in shares:
        book.give_back(wallet, redeemed.entry_id, amount, order="pro_rata")

    restored = turns(redeemed.entry_id)
    assert [restored[turn] for turn in (1, 2)] == [[1, 1, 1], [0, 0, 1]]
    assert [sum(lot) for lot in zip(*restored.values(), strict=True)] == [10, 10, 20]
    assert [lot.remaining for lot in ledger.lots(wallet)] == [10, 10, 20]
    assert offences() == {}


def test_the_order_may_change_between_returns_and_no_draw_gets_back_more_than_it_gave(book):
    wallet = book.wallet()
    book.earn(wallet, 60, days=10, legs=((10, 2), (11, 1)))
    book.earn(wallet, 60, days=20)
    redeemed = book.spend(wallet, 100)

    for amount, order in ((20, None), (30, "pro_rata"), (30, "last_drawn_first"), (20, "pro_rata")):
        book.give_back(wallet, redeemed.entry_id, amount, order=order)

    assert turns(redeemed.entry_id) == {0: [0, 20], 1: [23, 7], 2: [17, 13], 3: [20, 0]}
    assert set(_by_party("redeem").values()) == {0}
    assert book.balance(wallet).available == 120
    assert offences() == {}


def test_what_came_back_before_a_share_is_written_down_of_that_debit_alone(book):
    wallet = book.wallet()
    book.earn(wallet, 60, days=10)
    book.earn(wallet, 60, days=20)
    redeemed = book.spend(wallet, 100)
    book.earn(wallet, 80, days=30)
    another = book.spend(wallet, 95)
    book.give_back(wallet, another.entry_id, 10, order="pro_rata")
    book.give_back(wallet, redeemed.entry_id, 20)

    book.give_back(wallet, redeemed.entry_id, 40, order="pro_rata")

    assert turns(redeemed.entry_id) == {0: [0, 20], 1: [30, 10]}


def test_no_more_is_given_back_than_was_redeemed(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    redeemed = book.spend(wallet, 50)
    book.give_back(wallet, redeemed.entry_id, 30, key="r")

    with pytest.raises(Conflict) as exceeded:
        book.give_back(wallet, redeemed.entry_id, 21)
    with pytest.raises(Conflict) as conflicting:
        book.give_back(wallet, redeemed.entry_id, 20, key="r")
    with pytest.raises(NotFound):
        book.give_back(wallet, redeemed.entry_id + 1_000_000, 1)

    assert (exceeded.value.code, exceeded.value.extra) == ("return_exceeded", {"available": 20})
    assert conflicting.value.code == "external_id_conflict"


@pytest.mark.parametrize("legs", [((10, 1),), ((10, 2), (11, 1))])
def test_points_that_ended_meanwhile_come_back_with_a_grace_or_go_at_the_next_sweep(live, legs):
    book = Book()
    with live.app_context():
        _redeem_and_let_end(book, legs)


def _redeem_and_let_end(book, legs):
    gone, graced = book.wallet(1), book.wallet(2)
    redeemed = {}
    for wallet in (gone, graced):
        book.earn(wallet, 40, legs=legs, days=2 / 86_400)
        redeemed[wallet] = book.spend(wallet, 30).entry_id
    time.sleep(2.1)

    book.give_back(gone, redeemed[gone], 30)
    book.give_back(graced, redeemed[graced], 30, grace_days=7)
    transact(lambda: ledger.expire(now(), 100))

    assert (book.balance(gone).available, book.balance(graced).available) == (0, 30)
    ((amount, ends_at),) = book.balance(graced).next_expirations
    assert (amount, (ends_at - now()).days) == (30, 6)


def test_points_that_end_at_this_very_instant_come_back_with_a_grace_and_the_others_as_they_were(moving):
    book = Book()
    wallet, tomorrow, end = book.wallet(), instant() + dt.timedelta(days=1), now() + dt.timedelta(days=9)
    book.post(*(replace(book.credit(wallet, 40), expires_at=at) for at in (tomorrow, end)))
    spent = book.spend(wallet, 60)
    clock.move_to(1)

    book.give_back(wallet, spent.entry_id, 60, grace_days=7)

    assert instant() == tomorrow
    assert [amount for amount, _ in book.balance(wallet).next_expirations] == [40, 40]
    assert [lot.remaining for lot in ledger.lots(wallet)] == [40, 40]
    assert offences() == {}


def test_what_was_clawed_back_can_be_given_back(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100, legs=((10, 2), (11, 1)))
    clawed = book.claw_back(wallet, credit.entry_id, 50)

    book.give_back(wallet, clawed.entry_ids[0], 50)
    again = book.claw_back(wallet, credit.entry_id, 100)

    assert _split(again) == (100, 0, 0, 0)
    assert _by_party("clawback") == _by_party("issue")


def test_what_was_spent_since_an_instant_counts_holds_and_not_what_came_back(book):
    wallet, start = book.wallet(), now() - dt.timedelta(hours=1)
    credit = book.earn(wallet, 100)
    redeemed = book.spend(wallet, 20)
    book.capture(book.hold(wallet, 30), 10)
    book.give_back(wallet, redeemed.entry_id, 5)
    book.claw_back(wallet, credit.entry_id, 7)

    assert ledger.spent(wallet, start) == 45
    assert ledger.spent(wallet, now() + dt.timedelta(hours=1)) == 0


def test_what_is_left_of_a_co_funded_credit_is_clawed_back_from_where_its_draws_ended(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 10, legs=((10, 1), (11, 1), (12, 1)))
    book.spend(wallet, 5)

    assert _split(book.claw_back(wallet, credit.entry_id, 5)) == (5, 0, 0, 0)
    assert _by_party("clawback") == {10: 1, 11: 1, 12: 3}
