"""Adjustments: two people, one booking in the open period, and the statement that shows it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from coalition import access
from coalition.kernel import approvals
from coalition.kernel.clock import local_date, month_code, now
from coalition.kernel.db import fetch_one, transact
from coalition.kernel.errors import Conflict, Forbidden, Invalid
from settlement import statements
from settlement.terms import Prices
from tests.settlement.builders import Coalition, a_person, acting, approved, broken_laws, count_rows

MAY = dt.date(2026, 5, 5)
TAXED = Prices(funding_mode="on_issue", issue_price=Decimal("0.01"), vat_rate=Decimal("0.21"))


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition()
    coalition.join("A", TAXED)
    coalition.issue(1000, MAY, {"A": 1})
    return coalition


def ask(coalition: Coalition, amount: int, by: str, **more: Any) -> approvals.Approval:
    acting(by)
    words = {"reason_code": "error", "note": "Counted twice.", "key": f"adj-{amount}", **more}
    return transact(lambda: statements.adjust(coalition.entities["A"], amount, **words))


def test_an_adjustment_is_booked_in_the_open_period_once_a_second_person_has_approved_it(coalition: Coalition) -> None:
    may = coalition.close("2026-05")
    one, other = a_person("one"), a_person("other")
    movement = transact(lambda: fetch_one("SELECT movement_id FROM accrual")).movement_id

    asked = ask(coalition, 250, one, statement_id=may.statements[0], movement_id=movement)
    assert count_rows("adjustment") == 0
    with pytest.raises(Forbidden):
        approved(asked, one)
    approved(asked, other)

    [booked] = transact(lambda: statements.adjustments(coalition.program.id))
    assert (booked.amount_minor, booked.movement_id) == (250, movement)
    closed = coalition.close(booked.period_code)
    [stated, operators] = [transact(lambda id=id: statements.get(id)) for id in closed.statements]
    assert (stated.position_minor, operators.position_minor) == (250, -250)
    [document] = transact(lambda: statements.documents([stated.id]))[stated.id]
    assert (document.kind, document.vat_minor, document.gross_minor) == ("adjustment", 0, 250)
    [entry], _ = transact(lambda: statements.entries(stated, None, 10))
    assert (entry.code, entry.amount, entry.reverses) == ("adjustment", Decimal("2.50"), movement)
    assert transact(lambda: statements.entries_of(stated, entry.movement_id)) == [entry]
    assert broken_laws() == {}


def test_whoever_is_not_of_finance_books_nothing(coalition: Coalition) -> None:
    helper = transact(lambda: access.create_user("helper@example.com", "a long password", ["support"], "staff"))
    asked = ask(coalition, 250, a_person("one"))

    with pytest.raises(Forbidden, match="approver_refused"):
        approved(asked, f"user:{helper.id}")

    assert count_rows("adjustment") == 0


def test_what_waits_is_seen_behind_any_number_of_other_requests(coalition: Coalition) -> None:
    acting(a_person("one"))
    transact(
        lambda: [approvals.request("settlement.reopen", {"no": no}, "r", key=f"{no}", subject="x") for no in range(200)]
    )

    asked = ask(coalition, 250, a_person("other"))

    assert transact(lambda: statements.proposed([coalition.entities["A"]])) == [asked]


def test_asking_twice_is_asking_once_and_approving_twice_books_once(coalition: Coalition) -> None:
    one, other = a_person("one"), a_person("other")

    first, again = ask(coalition, -100, one), ask(coalition, -100, one)
    approved(first, other)
    transact(lambda: approvals.execute(first.id))

    assert first.id == again.id
    assert count_rows("adjustment") == 1
    with pytest.raises(Conflict, match="external_id_conflict"):
        ask(coalition, -200, one, key="adj--100")


def test_the_running_period_waits_for_adjustments_that_would_be_booked_in_it_and_an_older_one_does_not(
    coalition: Coalition,
) -> None:
    one, other = a_person("one"), a_person("other")
    asked = ask(coalition, 100, one)
    running = month_code(local_date(now(), coalition.program.zone))

    assert coalition.close("2026-05").period.state == "closed"
    with pytest.raises(Conflict, match="checklist_open"):
        coalition.close(running)
    approved(asked, other)

    assert coalition.close(running).period.state == "closed"


@pytest.mark.parametrize(
    ("amount", "more"),
    [
        (0, {}),
        (10**13, {}),
        (1, {"reason_code": "because"}),
        (1, {"note": " "}),
        (1, {"movement_id": "e999.0"}),
    ],
)
def test_nonsense_is_refused(coalition: Coalition, amount: int, more: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        ask(coalition, amount, "user:1", **more)


def test_the_operator_and_strangers_statements_are_not_adjusted(coalition: Coalition) -> None:
    *_, operators = coalition.close("2026-05").statements

    with pytest.raises(Invalid):
        transact(lambda: statements.adjust(coalition.operator.id, 1, "error", "No.", key="k"))
    with pytest.raises(Invalid):
        ask(coalition, 1, "user:1", statement_id=operators)
