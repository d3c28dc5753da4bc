"""A period is opened again by two people before anything was sent; the statement it had is kept."""

from __future__ import annotations

import datetime as dt
import time
from threading import Event

import pytest
from flask import Flask

from coalition.kernel import approvals
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict, Forbidden
from settlement import accruals, statements
from tests.racing import at_once
from tests.settlement.builders import Coalition, a_person, acting, approved, broken_laws, count_rows, on_issue

MAY = dt.date(2026, 5, 5)


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, MAY, {"A": 1})
    return coalition


def ask(coalition: Coalition, by: str) -> approvals.Approval:
    acting(by)
    return transact(lambda: statements.reopen(coalition.program.id, "2026-05", "A file was forgotten."))


def test_a_reopened_period_is_closed_as_its_next_version_and_the_old_one_is_kept(coalition: Coalition) -> None:
    first = coalition.close("2026-05")
    coalition.issue(20, MAY, {"A": 1})
    coalition.accrue()
    one, other = a_person("one"), a_person("other")

    asked = ask(coalition, one)
    with pytest.raises(Forbidden):
        approved(asked, one)
    approved(asked, other)
    coalition.issue(300, MAY, {"A": 1})
    second = coalition.close("2026-05")

    assert (second.period.version, second.period.id) == (2, first.period.id)
    new = transact(lambda: statements.get(second.statements[0]))
    old, also = transact(lambda: statements.versions(new))
    assert (old.number, old.version, old.replaced, old.position_minor) == ("2026-05/A/1", 1, True, -1000)
    assert (also.number, also.version, also.replaced, also.position_minor) == ("2026-05/A/2", 2, False, -1300)
    of_period = transact(lambda: statements.of_period(second.period))
    assert [statement.version for statement in of_period] == [2, 2]
    assert transact(lambda: statements.documents([old.id]))[old.id][0].gross_minor == 1000
    late = transact(
        lambda: fetch_all(
            "SELECT p.code FROM accrual a JOIN settlement_period p ON p.id = a.period_id WHERE a.points = 20"
        )
    )
    assert [row.code for row in late] == ["2026-06"]
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(coalition.program.id)).differing == 0


def test_what_was_sent_is_not_opened_again_even_if_it_was_sent_after_asking(coalition: Coalition) -> None:
    closed = coalition.close("2026-05")
    one, other = a_person("one"), a_person("other")
    asked = ask(coalition, one)
    transact(lambda: statements.send(closed.statements[0], other))

    with pytest.raises(Conflict, match="period_sent"):
        approved(asked, other)
    with pytest.raises(Conflict, match="period_sent"):
        ask(coalition, one)

    assert count_rows("settlement_reopening") == 0


def test_what_is_just_being_sent_is_not_opened_again(live: Flask, coalition: Coalition) -> None:
    closed = coalition.close("2026-05")
    one, other = a_person("one"), a_person("other")
    asked, on_its_way = ask(coalition, one), Event()

    def send() -> str:
        def work() -> None:
            statements.send(closed.statements[0], one)
            on_its_way.set()
            time.sleep(0.5)  # the other one is at it before this is committed

        transact(work)
        return "sent"

    def reopen() -> str:
        on_its_way.wait(30)
        try:
            approved(asked, other)
        except Conflict as refusal:
            return refusal.code
        return "opened"

    assert at_once(live, [send, reopen]) == ["sent", "period_sent"]


def test_an_open_period_is_not_opened_again_and_an_old_version_is_not_sent(coalition: Coalition) -> None:
    coalition.accrue()
    one, other = a_person("one"), a_person("other")
    with pytest.raises(Conflict, match="period_not_closed"):
        ask(coalition, one)
    closed = coalition.close("2026-05")
    approved(ask(coalition, one), other)

    with pytest.raises(Conflict, match="statement_state"):
        transact(lambda: statements.send(closed.statements[0], one))
    assert transact(lambda: statements.of_period(accruals.get_period(closed.period.id))) == []
    assert broken_laws() == {}
