"""A run goes from recorded to settled by two people, once, or is aborted before anything was asked."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Forbidden
from settlement import payouts
from tests.racing import at_once
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.builders import (
    PERIOD,
    Cashier,
    Finance,
    acting,
    as_actor,
    as_owner,
    look_again,
    of,
    states,
    work_off,
)


def test_a_run_pays_in_both_directions_and_settles(coalition: Coalition, finance: Finance, cashier: Cashier) -> None:
    run = finance.committed(coalition)
    work_off()
    assert states(run) == {
        "A": ("accepted", -1210, 0),
        "B": ("accepted", 270, 0),
        "C": ("accepted", -121, 0),
        "S": ("accepted", 726, 0),
    }

    for payment in transact(lambda: payouts.payments(run.id)):
        cashier.settle(payment)
    look_again()

    assert {state for state, *_ in states(run).values()} == {"settled"}
    found = transact(lambda: payouts.get(run.id))
    assert found.state == "settled"
    references = {receipt.reference for receipt in transact(lambda: payouts.receipts(_ids(run)))}
    assert references == {"po-ext1", "po-ext2", "po-ext3", "po-ext4"}
    assert {row.state for row in transact(_states_of_statements)} == {"paid"}
    assert broken_laws() == {}


def test_nothing_is_asked_before_a_second_person_commits(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run = finance.reserved(coalition)
    seen = run.content_hash or b""

    with pytest.raises(Forbidden, match="self_approval"):
        as_actor(finance.first, lambda: payouts.commit(run.id, seen))
    with pytest.raises(Forbidden, match="approver_refused"):
        as_actor(finance.hire("support"), lambda: payouts.commit(run.id, seen))
    with pytest.raises(Conflict, match="approval_changed"):
        as_actor(finance.second, lambda: payouts.commit(run.id, b"another"))
    work_off()

    assert cashier.keys == []
    assert {state for state, *_ in states(run).values()} == {"reserved"}


def test_eight_clients_commit_one_run_and_it_is_paid_once(
    house: Flask, coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run = finance.reserved(coalition)

    def one() -> str:
        with acting(finance.second):
            return transact(lambda: payouts.commit(run.id, run.content_hash or b"")).state

    answers = at_once(house, [one] * 8)
    work_off()

    assert answers == ["committed"] * 8
    assert sorted(cashier.keys) == sorted(f"settle:{ref}:0" for ref in cashier.book)
    assert len(cashier.book) == 4


def test_what_was_changed_after_it_was_reserved_is_not_committed(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    run = finance.reserved(coalition)
    finance.give_account(coalition.entities["B"], connected="acct_another")

    with pytest.raises(Conflict, match="approval_changed"):
        as_actor(finance.second, lambda: payouts.commit(run.id, run.content_hash or b""))

    transact(lambda: payouts.abort(run.id, "another account"))
    run = finance.reserved(coalition)
    as_owner("UPDATE payout_payment SET amount_minor = amount_minor + 1")
    with pytest.raises(Conflict, match="approval_changed"):
        as_actor(finance.second, lambda: payouts.commit(run.id, run.content_hash or b""))


def test_an_aborted_run_frees_its_statements_and_a_committed_one_cannot_be_aborted(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    aborted = finance.reserved(coalition)
    transact(lambda: payouts.abort(aborted.id, "wrong day"))

    run = finance.committed(coalition)

    assert {state for state, *_ in states(aborted).values()} == {"aborted"}
    assert run.no == 1
    with pytest.raises(Conflict, match="run_state"):
        transact(lambda: payouts.abort(run.id, "too late"))
    with pytest.raises(Conflict, match="run_state"):
        as_actor(finance.second, lambda: payouts.commit(aborted.id, aborted.content_hash or b""))
    changes = transact(
        lambda: fetch_all("SELECT from_state, to_state FROM payout_change WHERE run_id = :r", {"r": run.id})
    )
    assert len(changes) == 3 * (1 + 4)


def test_who_has_no_account_is_named_or_left_to_a_later_run(
    coalition: Coalition, finance: Finance, cashier: Cashier
) -> None:
    transact(
        lambda: execute("UPDATE entity_account SET retired_at = now() WHERE connected = :a", _acct(coalition, "B"))
    )
    run = as_actor(finance.first, lambda: payouts.prepare(coalition.program.id, PERIOD))
    with pytest.raises(Conflict, match="no account for B"):
        as_actor(finance.first, lambda: payouts.reserve(run.id, ["stripe"]))

    reserved = as_actor(finance.first, lambda: payouts.reserve(run.id, ["stripe"], leave_out=True))
    as_actor(finance.second, lambda: payouts.commit(run.id, reserved.content_hash or b""))
    finance.give_account(coalition.entities["B"])
    later = finance.committed(coalition, supplementary=True)
    work_off()

    assert states(run)["B"][0] == "aborted"
    assert states(later) == {"B": ("accepted", 270, 0)}
    assert of(coalition, later, "B").ref in cashier.book


def _states_of_statements() -> Any:
    return fetch_all(
        "SELECT DISTINCT ON (statement_id) state FROM statement_event e JOIN statement s ON s.id = e.statement_id"
        " WHERE NOT s.is_operator ORDER BY statement_id, no DESC"
    )


def _acct(coalition: Coalition, name: str) -> dict[str, str]:
    return {"a": f"acct_{coalition.entities[name]}"}


def _ids(run: payouts.Run) -> list[int]:
    return [payment.id for payment in payouts.payments(run.id)]
