"""Disputes: opened once, never for more than there is, decided once; and what is disputed is known to who pays."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from flask import Flask

from coalition.kernel import approvals
from coalition.kernel.config import current
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound, Refusal
from settlement import reconciliation, statements
from settlement.reconciliation import Opening
from tests.racing import at_once
from tests.settlement.builders import Coalition, a_person, acting, approved, broken_laws, count_rows
from tests.settlement.reconciliation.builders import a_closed_month, a_dispute, movement_of, statement_of


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    return a_closed_month()


def test_a_movement_can_be_disputed_for_what_it_comes_to_with_vat(coalition: Coalition) -> None:
    dispute = a_dispute(coalition, movement_id=movement_of(coalition, "A"))

    # 6,000 points at 0.006 + 0.0015, and 21 % on top.
    assert (dispute.amount_minor, dispute.state, dispute.side) == (5445, "open", "partner")
    assert transact(lambda: reconciliation.disputed([dispute.statement_id, 10**6])) == {dispute.statement_id}
    assert dispute.due_at - dispute.opened_at == dt.timedelta(days=reconciliation.ANSWER_DAYS)


def test_the_same_external_id_is_one_dispute_and_another_content_a_conflict(coalition: Coalition) -> None:
    statement = statement_of(coalition, "A")
    opening = Opening(external_id="d-1", evidence="Our books say otherwise.", amount_minor=100)

    first = transact(lambda: reconciliation.open_dispute(statement.id, opening))
    second = transact(lambda: reconciliation.open_dispute(statement.id, opening))

    assert (first[1], second[1], first[0].id) == (False, True, second[0].id)
    with pytest.raises(Conflict, match="external_id_conflict"):
        a_dispute(coalition, amount_minor=101)
    assert count_rows("dispute") == 1


@pytest.mark.parametrize("finest", ["statement", "document", "movement"])
def test_nothing_is_disputed_for_more_than_it_comes_to(coalition: Coalition, finest: str) -> None:
    movement = movement_of(coalition, "A")
    document = a_dispute(coalition, movement_id=movement, amount_minor=45).document_id
    about = {"statement": {}, "document": {"document_id": document}, "movement": {"movement_id": movement}}[finest]
    worth = transact(lambda: fetch_one("SELECT min(limit_minor) AS n FROM dispute_claim")).n
    worth = max(worth, transact(lambda: fetch_one("SELECT max(limit_minor) AS n FROM dispute_claim")).n)
    whole = {"movement": 5445}.get(finest, worth)

    with pytest.raises(Conflict, match="dispute_exceeds_line"):
        a_dispute(coalition, external_id="d-2", amount_minor=whole - 44, **about)
    fits = a_dispute(coalition, external_id="d-2", amount_minor=whole - 45, **about)

    assert fits.amount_minor == whole - 45
    assert count_rows("dispute") == 2
    assert broken_laws() == {}


def test_eight_clients_at_once_dispute_no_more_than_the_line(live: Flask, coalition: Coalition) -> None:
    statement, movement = statement_of(coalition, "A"), movement_of(coalition, "A")

    def dispute(number: int) -> str:
        opening = Opening(f"d-{number}", "Our books say otherwise.", amount_minor=1000, movement_id=movement)
        try:
            transact(lambda: reconciliation.open_dispute(statement.id, opening))
        except Refusal as refusal:
            return refusal.code
        return "opened"

    found = at_once(live, [lambda number=number: dispute(number) for number in range(8)])

    assert sorted(found) == ["dispute_exceeds_line"] * 3 + ["opened"] * 5
    assert transact(lambda: fetch_one("SELECT sum(amount_minor) AS n FROM dispute")).n == 5000
    assert broken_laws() == {}


def test_what_was_refused_may_be_disputed_again_and_what_was_granted_not(coalition: Coalition) -> None:
    movement = movement_of(coalition, "A")
    first = a_dispute(coalition, movement_id=movement)
    transact(lambda: reconciliation.decide(first.id, "partly", "A third was ours.", 445))

    with pytest.raises(Conflict, match="dispute_exceeds_line"):
        a_dispute(coalition, external_id="d-2", movement_id=movement, amount_minor=5001)
    second = a_dispute(coalition, external_id="d-2", movement_id=movement, amount_minor=5000)
    transact(lambda: reconciliation.decide(second.id, "refused", "The slips prove it."))

    assert transact(lambda: reconciliation.disputed([first.statement_id])) == set()
    assert a_dispute(coalition, external_id="d-3", movement_id=movement, amount_minor=5000).state == "open"
    assert broken_laws() == {}


@pytest.mark.parametrize(("outcome", "granted"), [("accepted", None), ("partly", 200)])
def test_a_grant_that_nobody_approves_opens_its_dispute_again(
    coalition: Coalition, outcome: str, granted: int | None
) -> None:
    dispute = a_dispute(coalition, amount_minor=500, movement_id=movement_of(coalition, "A"))
    decided = transact(lambda: reconciliation.decide(dispute.id, outcome, "You are right.", granted))

    transact(lambda: approvals.reject(decided.approval_id or 0, "Nothing proves it."))

    assert transact(lambda: reconciliation.get(dispute.id)) == dispute
    assert transact(lambda: reconciliation.disputed([dispute.statement_id])) == {dispute.statement_id}
    assert [one.side for one in transact(lambda: reconciliation.comments(dispute.id))] == ["operator"]
    assert broken_laws() == {}
    anew = transact(lambda: reconciliation.decide(dispute.id, outcome, "Now with the slips.", granted))
    assert anew.approval_id not in (None, decided.approval_id)
    assert broken_laws() == {}


def test_a_grant_that_nobody_approves_does_not_push_out_what_was_disputed_since(coalition: Coalition) -> None:
    movement = movement_of(coalition, "A")
    first = a_dispute(coalition, movement_id=movement)
    decided = transact(lambda: reconciliation.decide(first.id, "partly", "A part was ours.", 445))
    second = a_dispute(coalition, external_id="d-2", movement_id=movement, amount_minor=5000)

    transact(lambda: approvals.reject(decided.approval_id or 0, "Nothing proves it."))

    assert [transact(lambda id=id: reconciliation.get(id)).state for id in (first.id, second.id)] == ["partly", "open"]
    assert broken_laws() == {}


def test_a_dispute_is_decided_once(live: Flask, coalition: Coalition) -> None:
    dispute = a_dispute(coalition, amount_minor=500)

    def decide() -> str:
        try:
            transact(lambda: reconciliation.decide(dispute.id, "accepted", "You are right."))
        except Refusal as refusal:
            return refusal.code
        return "decided"

    found = at_once(live, [decide] * 8)

    assert sorted(found) == ["decided"] + ["dispute_closed"] * 7
    granted = transact(lambda: fetch_all("SELECT subject, claimed_minor, granted_minor FROM dispute_claim"))
    assert [tuple(row) for row in granted] == [("s", 500, 500)]


@pytest.mark.parametrize(
    ("outcome", "granted", "pointer"),
    [
        ("perhaps", None, "/outcome"),
        ("partly", None, "/granted"),
        ("partly", 500, "/granted"),
        ("refused", 1, "/granted"),
    ],
)
def test_a_decision_that_says_nothing_clear_changes_nothing(
    coalition: Coalition, outcome: str, granted: int | None, pointer: str
) -> None:
    dispute = a_dispute(coalition, amount_minor=500)

    with pytest.raises(Invalid) as refused:
        transact(lambda: reconciliation.decide(dispute.id, outcome, "Because.", granted))

    assert [problem.pointer for problem in refused.value.errors] == [pointer]
    assert transact(lambda: reconciliation.get(dispute.id)).state == "open"


def test_a_movement_of_another_statement_cannot_be_disputed(coalition: Coalition) -> None:
    with pytest.raises(NotFound):
        a_dispute(coalition, "A", movement_id="e99999999.1")
    with pytest.raises(NotFound):
        a_dispute(coalition, "A", document_id=10**9)

    assert count_rows("dispute_claim") == 0


def test_a_version_that_was_replaced_is_not_disputed(coalition: Coalition) -> None:
    old, one, other = statement_of(coalition, "A"), a_person("one"), a_person("other")
    acting(one)
    approved(transact(lambda: statements.reopen(coalition.program.id, old.period_code, "A file was late.")), other)

    with pytest.raises(Conflict, match="statement_state"):
        transact(lambda: reconciliation.open_dispute(old.id, Opening("d-1", "Too much.", amount_minor=100)))

    assert count_rows("dispute_claim") == 0


def test_nothing_is_granted_of_a_version_that_was_replaced_since(coalition: Coalition) -> None:
    dispute, one, other = a_dispute(coalition, amount_minor=500), a_person("one"), a_person("other")
    acting(one)
    approved(transact(lambda: statements.reopen(coalition.program.id, "2026-05", "A file was late.")), other)

    with pytest.raises(Conflict, match="statement_state"):
        transact(lambda: reconciliation.decide(dispute.id, "accepted", "You are right."))

    decided = transact(lambda: reconciliation.decide(dispute.id, "refused", "The next version is right."))
    assert (decided.state, count_rows("approval")) == ("refused", 1)
    assert broken_laws() == {}


def test_both_sides_comment_and_an_empty_comment_is_none(coalition: Coalition) -> None:
    dispute = a_dispute(coalition, amount_minor=500)

    transact(lambda: reconciliation.comment(dispute, "operator", "Please send the slips."))
    transact(lambda: reconciliation.comment(dispute, "partner", "Here they are."))
    with pytest.raises(Invalid):
        transact(lambda: reconciliation.comment(dispute, "partner", "  "))

    said = transact(lambda: reconciliation.comments(dispute.id))
    assert [(one.side, one.text) for one in said] == [
        ("operator", "Please send the slips."),
        ("partner", "Here they are."),
    ]


def test_an_overdue_dispute_alarms_once(live: Flask, coalition: Coalition) -> None:
    dispute = a_dispute(coalition, amount_minor=500)

    with psycopg.connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("UPDATE dispute SET due_at = now() - interval '1 minute'")

    assert [transact(reconciliation.alarm), transact(reconciliation.alarm)] == [1, 0]

    page = transact(lambda: reconciliation.list_disputes(coalition.program.id, None, 10, overdue=True))
    assert [one.id for one in page.items] == [dispute.id]
    assert transact(lambda: reconciliation.standing(coalition.program.id)) == {"open": 1, "overdue": 1}
    told = transact(lambda: fetch_all("SELECT payload FROM outbox WHERE kind = 'dispute.overdue'"))
    assert [row.payload["dispute_id"] for row in told] == [dispute.id]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dispute SET amount_minor = 1",
        "DELETE FROM dispute",
        "UPDATE dispute_comment SET text = 'x'",
        "UPDATE dispute SET evidence = 'x'",
    ],
)
def test_the_application_cannot_rewrite_what_was_disputed(coalition: Coalition, change: str) -> None:
    a_dispute(coalition, amount_minor=500)

    with pytest.raises(Exception, match="permission denied"):
        transact(lambda: execute(change))
