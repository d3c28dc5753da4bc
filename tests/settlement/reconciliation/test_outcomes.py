"""What becomes of a dispute: money in the open period after two people, and a statement that is paid again."""

from __future__ import annotations

import pytest
from flask import Flask
from psycopg import connect

from coalition.kernel import approvals, audit
from coalition.kernel.config import current
from coalition.kernel.db import fetch_one, transact
from coalition.kernel.errors import Forbidden
from settlement import reconciliation, statements
from settlement.reconciliation import Opening
from tests.racing import at_once
from tests.settlement.builders import Coalition, a_person, acting, approved, broken_laws
from tests.settlement.reconciliation.builders import a_closed_month, a_dispute, statement_of


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    return a_closed_month()


def test_what_is_granted_is_booked_once_a_second_person_has_approved_it(coalition: Coalition) -> None:
    first, second = a_person("first"), a_person("second")
    acting(first)
    dispute = a_dispute(coalition, amount_minor=500)
    decided = transact(lambda: reconciliation.decide(dispute.id, "partly", "A part is right.", 200))
    asked = transact(lambda: approvals.get(decided.approval_id or 0))

    with pytest.raises(Forbidden, match="self_approval"):
        transact(lambda: approvals.approve(asked.id))
    done = approved(asked, second)

    booked = transact(lambda: fetch_one("SELECT * FROM adjustment"))
    assert done.state == "executed"
    assert (booked.amount_minor, booked.reason_code, booked.statement_id) == (200, "dispute", dispute.statement_id)
    assert broken_laws() == {}
    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("UPDATE dispute SET granted_minor = 300")
    assert "Q5" in broken_laws()


def test_a_dispute_in_the_operators_favour_is_an_adjustment_that_the_company_pays(coalition: Coalition) -> None:
    acting(a_person("first"))
    dispute = a_dispute(coalition, amount_minor=500, sign=-1, side="operator")

    decided = transact(lambda: reconciliation.decide(dispute.id, "accepted", "They agree."))

    asked = transact(lambda: approvals.get(decided.approval_id or 0))
    assert asked.payload["amount_minor"] == -500


@pytest.mark.parametrize(("ending", "state"), [("refused", "agreed"), ("withdrawn", "sent")])
def test_a_sent_statement_is_disputed_until_nothing_of_it_is(coalition: Coalition, ending: str, state: str) -> None:
    statement = statement_of(coalition, "A")
    transact(lambda: statements.send(statement.id, "user:1"))
    one, other = (a_dispute(coalition, external_id=name, amount_minor=5) for name in ("d-1", "d-2"))
    transact(lambda: reconciliation.decide(one.id, "refused", "No."))
    between = statement_of(coalition, "A").state

    if ending == "refused":
        transact(lambda: reconciliation.decide(other.id, "refused", "No."))
    else:
        transact(lambda: reconciliation.withdraw(other.id, "We were wrong."))

    assert (between, statement_of(coalition, "A").state) == ("disputed", state)
    assert broken_laws() == {}


def test_opening_and_deciding_at_once_never_leave_an_open_dispute_on_an_agreed_statement(
    live: Flask, coalition: Coalition
) -> None:
    statement = statement_of(coalition, "A")
    transact(lambda: statements.send(statement.id, "user:1"))
    for turn in range(5):
        old = a_dispute(coalition, external_id=f"old-{turn}", amount_minor=1)
        opening = Opening(f"new-{turn}", "Our books say otherwise.", amount_minor=1)

        at_once(
            live,
            [
                lambda old=old: transact(lambda: reconciliation.decide(old.id, "refused", "No.")),
                lambda opening=opening: transact(lambda: reconciliation.open_dispute(statement.id, opening)),
            ],
        )

        assert statement_of(coalition, "A").state == "disputed"
        new = transact(lambda: fetch_one("SELECT id FROM dispute WHERE state = 'open'"))
        transact(lambda new=new: reconciliation.decide(new.id, "refused", "No."))
    assert broken_laws() == {}


def test_a_paid_statement_can_be_disputed_and_stays_paid(coalition: Coalition) -> None:
    statement = statement_of(coalition, "A")
    for state in ("sent", "paid"):
        transact(lambda state=state: statements.mark(statement.id, state, audit.origin().actor))

    a_dispute(coalition, amount_minor=5)

    assert statement_of(coalition, "A").state == "paid"
