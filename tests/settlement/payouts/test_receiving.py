"""Money that arrives is counted once: in parts, too much, or for nobody knows what yet."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict
from settlement import payouts
from settlement.payouts import Moved
from tests.racing import at_once
from tests.settlement.builders import Coalition
from tests.settlement.payouts.builders import MAY, Cashier, Finance, of, states, work_off


def money(amount_minor: int, reference: str, direction: str = "in", currency: str = "EUR") -> Moved:
    return Moved(amount_minor, currency, direction, reference, "camt", MAY)  # type: ignore[arg-type]


def test_parts_add_up_and_what_is_too_much_is_seen(coalition: Coalition, finance: Finance, cashier: Cashier) -> None:
    run = finance.committed(coalition)
    work_off()
    payment = of(coalition, run, "A")

    transact(lambda: payouts.record_receipt(payment.id, money(1000, "r1")))
    assert states(run)["A"] == ("partly_paid", -1210, 1000)
    transact(lambda: payouts.record_receipt(payment.id, money(300, "r2")))

    assert states(run)["A"] == ("settled", -1210, 1300)
    assert of(coalition, run, "A").left_minor == -90


def test_a_receipt_is_counted_once(house: Flask, coalition: Coalition, finance: Finance, cashier: Cashier) -> None:
    run = finance.committed(coalition)
    work_off()
    payment = of(coalition, run, "A")

    at_once(house, [lambda: transact(lambda: payouts.record_receipt(payment.id, money(700, "r1")))] * 4)

    assert states(run)["A"] == ("partly_paid", -1210, 700)
    with pytest.raises(Conflict, match="external_id_conflict"):
        transact(lambda: payouts.record_receipt(payment.id, money(701, "r1")))


def test_an_unmatched_receipt_waits_until_somebody_says_what_it_was_for(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run = finance.committed(coalition)
    work_off()
    found = transact(lambda: payouts.record_receipt(None, money(1210, "r1"), program_id=coalition.program.id))
    assert [one.id for one in transact(lambda: payouts.unmatched(coalition.program.id))] == [found.id]

    with pytest.raises(Conflict, match="receipt_unfit"):
        transact(lambda: payouts.match(found.id, of(coalition, run, "B").id))
    transact(lambda: payouts.match(found.id, of(coalition, run, "A").id))

    assert states(run)["A"] == ("settled", -1210, 1210)
    with pytest.raises(Conflict, match="receipt_matched"):
        transact(lambda: payouts.match(found.id, of(coalition, run, "A").id))
    assert transact(lambda: payouts.unmatched(coalition.program.id)) == []


@pytest.mark.parametrize("moved", [money(1210, "r1", currency="USD"), money(1210, "r1", direction="out")])
def test_what_does_not_fit_its_payment_waits_for_people(
    coalition: Coalition, finance: Finance, cashier: Cashier, moved: Moved
) -> None:
    run = finance.committed(coalition)
    work_off()

    receipt = transact(lambda: payouts.record_receipt(of(coalition, run, "A").id, moved))

    assert receipt.payment_id is None
    assert states(run)["A"] == ("accepted", -1210, 0)


def test_the_last_two_payments_that_settle_at_once_settle_the_run(
    house: Flask, coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run = finance.committed(coalition)
    work_off()

    def one(name: str, amount: int, direction: str) -> None:
        payment = of(coalition, run, name)
        transact(lambda: payouts.record_receipt(payment.id, money(amount, name, direction)))

    facts = [("A", 1210, "in"), ("B", 270, "out"), ("C", 121, "in"), ("S", 726, "out")]
    at_once(house, [lambda fact=fact: one(*fact) for fact in facts])

    assert transact(lambda: payouts.get(run.id)).state == "settled"
