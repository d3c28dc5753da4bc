"""Whatever a provider answers, or does not, a payment is asked for once; refusals are for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict
from settlement import payouts
from settlement.ports import Rejected, Retryable, Unknown
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.builders import Cashier, Finance, as_owner, look_again, of, states, work_off


def test_an_answer_that_got_lost_is_found_by_a_look(coalition: Coalition, finance: Finance, cashier: Cashier) -> None:
    cashier.lost = [Unknown()] * 4
    run = finance.committed(coalition)
    work_off()

    assert {state for state, *_ in states(run).values()} == {"accepted"}
    assert len(cashier.keys) == len(set(cashier.keys)) == 4


def test_what_never_arrived_is_asked_for_again_under_the_same_key(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    cashier.next = [Unknown()] * 4 + [Retryable(1.0)] * 4
    run = finance.committed(coalition)
    work_off()

    assert {state for state, *_ in states(run).values()} == {"accepted"}
    assert len(cashier.keys) == 12 and len(set(cashier.keys)) == 4


def test_a_key_that_is_forgotten_is_followed_by_a_new_one_after_a_look(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    cashier.next = [Unknown()] * 4
    run = finance.committed(coalition)
    work_off(1)
    as_owner(
        "UPDATE payout_request SET created_at = now() - interval '25 hours', asked_at = now() - interval '24 hours'"
    )
    work_off()

    assert {state for state, *_ in states(run).values()} == {"accepted"}
    assert {key.rpartition(":")[2] for key in cashier.keys[4:]} == {"1"}
    rows = transact(lambda: fetch_all("SELECT state, count(*) AS n FROM payout_request GROUP BY 1"))
    assert {row.state: row.n for row in rows} == {"superseded": 4, "done": 4}
    assert broken_laws() == {}


def test_a_refused_payment_is_asked_for_again_or_given_up_by_people(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    cashier.next = [Rejected("account_closed")] * 4
    run = finance.committed(coalition)
    work_off()
    assert {state for state, *_ in states(run).values()} == {"rejected"}
    assert of(coalition, run, "A").code == "account_closed"

    account = finance.give_account(coalition.entities["B"], connected="acct_new")
    again = transact(lambda: payouts.retry(of(coalition, run, "B").id))
    for name in ("A", "C", "S"):
        transact(lambda name=name: payouts.drop(of(coalition, run, name).id))  # type: ignore[misc]
    work_off()

    assert again.account_id == account
    assert states(run)["B"][0] == "accepted"
    cashier.settle(of(coalition, run, "B"))
    with pytest.raises(Conflict, match="payment_state"):
        transact(lambda: payouts.retry(again.id))
    later = finance.committed(coalition, supplementary=True)
    assert set(states(later)) == {"A", "C", "S"}


def test_a_refusal_of_what_was_done_long_ago_is_no_refusal(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    cashier.lost = [Rejected("duplicate")] * 4  # type: ignore[list-item]
    run = finance.committed(coalition)
    work_off()

    assert {state for state, *_ in states(run).values()} == {"accepted"}


def test_a_refusal_after_a_part_of_the_way_is_not_given_up(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    cashier.next = [Rejected("account_closed", f"tr_{at}") for at in range(4)]
    run = finance.committed(coalition)
    work_off()

    with pytest.raises(Conflict, match="payment_state"):
        transact(lambda: payouts.drop(of(coalition, run, "B").id))
    assert broken_laws() == {}


def test_money_is_counted_once_although_the_bank_names_it_later(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run = finance.committed(coalition)
    work_off()
    paid = of(coalition, run, "B")
    cashier.settle(paid)
    look_again()

    transact(lambda: payouts.seen(paid.id, replace(cashier.paid[paid.ref], reference="TRACE1")))

    assert states(run)["B"] == ("settled", 270, 270)
    assert len(transact(lambda: payouts.receipts([paid.id]))) == 1
