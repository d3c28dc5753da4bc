"""What becomes of a statement: sent, agreed, disputed, paid, in that order, whoever tries at the same time."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from flask import Flask

from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict, NotFound
from settlement import statements
from tests.settlement.builders import Coalition, broken_laws, on_issue

MAY = dt.date(2026, 5, 5)


@pytest.fixture
def statement_id(live: Flask) -> int:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1000, MAY, {"A": 1})
    return coalition.close("2026-05").statements[0]


def test_a_statement_goes_from_draft_to_paid(statement_id: int) -> None:
    assert transact(lambda: statements.get(statement_id)).state == "draft"

    for state in ("sent", "disputed", "agreed", "paid"):
        moved = transact(lambda state=state: statements.mark(statement_id, state, "user:1"))
        assert moved.state == state

    told = transact(lambda: fetch_all("SELECT kind, payload FROM outbox WHERE kind LIKE 'statement.%' ORDER BY id"))
    assert [row.kind for row in told if row.payload["statement_id"] == statement_id] == [
        "statement.closed",
        "statement.sent",
        "statement.disputed",
        "statement.agreed",
        "statement.paid",
    ]
    assert broken_laws() == {}


def test_what_is_unpaid_is_what_it_was_before_and_nothing_else_changes(statement_id: int) -> None:
    transact(lambda: statements.send(statement_id, "user:1"))
    assert transact(lambda: statements.unpay(statement_id, "user:1")).state == "sent"
    transact(lambda: statements.agree(statement_id, "user:2"))
    transact(lambda: statements.mark(statement_id, "paid", "user:1"))

    assert transact(lambda: statements.unpay(statement_id, "user:1")).state == "agreed"
    assert transact(lambda: statements.unpay(statement_id, "user:1")).state == "agreed"
    assert broken_laws() == {}


def test_no_state_is_skipped_and_none_is_taken_back(statement_id: int) -> None:
    for state in ("agreed", "disputed", "paid"):
        with pytest.raises(Conflict, match="statement_state"):
            transact(lambda state=state: statements.mark(statement_id, state, "user:1"))

    transact(lambda: statements.send(statement_id, "user:1"))
    transact(lambda: statements.agree(statement_id, "user:2"))
    with pytest.raises(Conflict, match="statement_state"):
        transact(lambda: statements.send(statement_id, "user:1"))
    assert transact(lambda: statements.agree(statement_id, "user:2")).state == "agreed"
    with pytest.raises(NotFound):
        transact(lambda: statements.send(10**9, "user:1"))


def test_of_many_who_send_a_statement_at_once_one_does(live: Flask, statement_id: int) -> None:
    def work() -> None:
        with live.app_context():
            transact(lambda: statements.send(statement_id, "user:1"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = transact(
        lambda: fetch_all(
            "SELECT state FROM statement_event WHERE statement_id = :id ORDER BY no", {"id": statement_id}
        )
    )
    assert [row.state for row in rows] == ["draft", "sent"]
