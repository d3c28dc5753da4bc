"""What people decide of money: assigned, set aside, taken back; every decision stays on record."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Refusal
from settlement import payouts, statements
from settlement.payouts import Run, bank
from tests.integrations.bank.camt import Entry, Transfer
from tests.racing import at_once
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.bank.builders import ref, standing, tell
from tests.settlement.payouts.builders import Finance, as_actor, of, work_off


def queue(coalition: Coalition) -> list[int]:
    return [one.id for one in transact(lambda: bank.waiting(coalition.program.id))]


def kinds(coalition: Coalition) -> list[tuple[str, bool]]:
    return [(one.kind, one.live) for one in transact(lambda: bank.decisions(coalition.program.id))]


def test_a_receipt_is_assigned_taken_back_and_assigned_anew(coalition: Coalition, run: Run, people: Finance) -> None:
    tell(Entry("1.21", transfers=[Transfer(party="who?")]))
    [receipt] = queue(coalition)
    wrong, right = of(coalition, run, "A"), of(coalition, run, "C")

    as_actor(people.first, lambda: bank.assign(receipt, wrong.id))
    assert standing(wrong) == ("partly_paid", 121)
    assert queue(coalition) == []
    as_actor(people.first, lambda: bank.undo(receipt, "it was C"))
    assert standing(wrong) == ("accepted", 0)
    as_actor(people.second, lambda: bank.assign(receipt, right.id))

    assert standing(right) == ("settled", 121)
    assert kinds(coalition) == [("assigned", True), ("undone", False), ("assigned", False)]


def test_what_was_matched_by_itself_can_be_taken_back_too(coalition: Coalition, run: Run) -> None:
    tell(Entry("-2.70", transfers=[Transfer(ref(coalition, run, "B"))]))
    mine = of(coalition, run, "B")
    [receipt] = transact(lambda: payouts.receipts([mine.id]))

    transact(lambda: bank.undo(receipt.id))

    assert standing(mine) == ("accepted", 0)
    assert queue(coalition) == [receipt.id]


def test_money_that_came_back_is_assigned_to_the_payment_that_it_reopens(coalition: Coalition, run: Run) -> None:
    tell(Entry("-2.70", transfers=[Transfer(ref(coalition, run, "B"))]))
    tell(Entry("2.70", transfers=[Transfer(remark="returned", party="?")]), number="S2")
    mine = of(coalition, run, "B")
    [receipt] = queue(coalition)

    transact(lambda: bank.assign(receipt, mine.id))
    assert standing(mine) == ("rejected", 0)
    transact(lambda: bank.undo(receipt))

    assert standing(mine) == ("settled", 270)


def test_a_statement_is_no_longer_paid_when_its_receipt_is_undone(coalition: Coalition, run: Run) -> None:
    mine = of(coalition, run, "B")
    tell(Entry("-2.70", transfers=[Transfer(mine.ref)]))
    work_off()
    before = transact(lambda: statements.get(mine.statement_id)).state
    [receipt] = transact(lambda: payouts.receipts([mine.id]))

    transact(lambda: bank.undo(receipt.id, "it was another"))
    work_off()
    after = transact(lambda: statements.get(mine.statement_id)).state
    transact(lambda: bank.assign(receipt.id, mine.id))
    work_off()

    assert (before, after) == ("paid", "sent")
    assert transact(lambda: statements.get(mine.statement_id)).state == "paid"
    assert broken_laws() == {}


def test_what_belongs_to_no_payment_is_set_aside_and_can_be_taken_up_again(coalition: Coalition, run: Run) -> None:
    tell(Entry("-0.55", transfers=[Transfer(remark="fee")]))
    [receipt] = queue(coalition)

    transact(lambda: bank.set_aside(receipt, "the bank's fee"))
    assert queue(coalition) == []
    transact(lambda: bank.undo(receipt))

    assert queue(coalition) == [receipt]


def test_of_two_who_decide_at_once_one_does(house: Flask, coalition: Coalition, run: Run) -> None:
    tell(Entry("1.00"))
    [receipt] = queue(coalition)

    def decide(name: str) -> bool:
        try:
            transact(lambda: bank.assign(receipt, of(coalition, run, name).id))
        except Conflict:
            return False
        return True

    done = at_once(house, [lambda: decide("A"), lambda: decide("C")])

    assert sorted(done) == [False, True]
    assert sum(standing(of(coalition, run, name))[1] for name in "AC") == 100


def test_what_cannot_be_is_refused(coalition: Coalition, run: Run) -> None:
    tell(Entry("1.00"))
    [receipt] = queue(coalition)
    mine = of(coalition, run, "B")

    for work, code in (
        (lambda: bank.assign(receipt, mine.id), "receipt_unfit"),
        (lambda: bank.undo(receipt), "receipt_unmatched"),
        (lambda: bank.set_aside(receipt, " "), "invalid"),
        (lambda: bank.assign(10**9, mine.id), "not_found"),
    ):
        with pytest.raises(Refusal) as refused:
            transact(work)
        assert refused.value.code == code
    assert standing(mine) == ("accepted", 0)
