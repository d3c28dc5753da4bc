"""Four eyes: nothing is done but what another, admitted person has approved, and it is done once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import psycopg
import pytest
from flask import Flask

from coalition import access
from coalition.kernel import approvals, audit, laws
from coalition.kernel.approvals import Approval
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_one, transact
from coalition.kernel.errors import Conflict, Forbidden, Refusal
from coalition.kernel.idempotency import request_hash
from tests import racing

KIND = "test.paint"


@pytest.fixture
def painted() -> Iterator[list[dict[str, Any]]]:
    """What the deed of this test has done, payload by payload."""
    done: list[dict[str, Any]] = []

    def paint(approval: Approval) -> dict[str, Any]:
        if approval.payload["colour"] == "none":
            raise Conflict("out_of_stock", "No such paint.")
        done.append(approval.payload)
        return {"coats": 2}

    approvals.executes(KIND)(paint)
    yield done
    del approvals._handlers[KIND]


def a_person(name: str) -> str:
    """A person of the staff, as an actor."""
    return f"user:{access.create_user(f'{name}@example.com', 'a long password', ['support'], 'staff').id}"


def acting(actor: str) -> None:
    """From here on this actor acts."""
    audit.set_origin(audit.Origin(actor))


def asked(by: str, colour: str = "red", key: str = "K-1") -> Approval:
    acting(by)
    return transact(lambda: approvals.request(KIND, {"colour": colour}, "It peels.", key=key, subject="member:1"))


def approved(by: str, approval: Approval) -> Approval:
    acting(by)
    return transact(lambda: approvals.approve(approval.id, seen=approval.payload_hash))


def executed(approval: Approval) -> Approval:
    return transact(lambda: approvals.execute(approval.id))


def test_what_another_person_approved_is_done_once_and_remembered(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    approval = asked(ann)
    assert painted == []

    approved(bob, approval)
    first, again = executed(approval), executed(approval)

    assert painted == [{"colour": "red"}]
    assert first == again
    assert (first.state, first.requested_by, first.approver, first.result) == ("executed", ann, bob, {"coats": 2})


def test_the_same_request_is_the_same_approval_and_another_content_a_conflict(app: Flask, painted: list[Any]) -> None:
    ann = transact(lambda: a_person("ann"))

    first, again = asked(ann), asked(ann)

    assert first == again
    with pytest.raises(Conflict, match="external_id_conflict"):
        asked(ann, "blue")


def test_nobody_approves_what_they_have_asked_for(app: Flask, painted: list[Any]) -> None:
    ann = transact(lambda: a_person("ann"))
    approval = asked(ann)

    with pytest.raises(Forbidden, match="self_approval"):
        approved(ann, approval)
    with pytest.raises(Conflict, match="approval_missing"):
        executed(approval)

    assert painted == []


def test_a_disabled_person_a_client_and_a_job_approve_nothing(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    transact(lambda: execute("UPDATE user_account SET active = false WHERE id = :id", {"id": int(bob[5:])}))
    approval = asked(ann)

    for actor in (bob, "client:1", "job:7", "system", "user:0", "user:x"):
        with pytest.raises(Forbidden, match="approver_refused"):
            approved(actor, approval)


def test_a_person_disabled_after_approving_has_approved_nothing(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    approval = asked(ann)
    approved(bob, approval)
    transact(lambda: execute("UPDATE user_account SET active = false WHERE id = :id", {"id": int(bob[5:])}))

    with pytest.raises(Forbidden, match="approver_refused"):
        executed(approval)

    assert painted == []


def test_changing_the_payload_voids_the_approval(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    approval = asked(ann)
    approved(bob, approval)

    acting(ann)
    changed = transact(lambda: approvals.amend(approval.id, {"colour": "gold"}))

    assert (changed.state, changed.approver) == ("requested", None)
    with pytest.raises(Conflict, match="approval_missing"):
        executed(approval)
    with pytest.raises(Conflict, match="approval_changed"):
        approved(bob, approval)
    approved(bob, changed)
    assert executed(changed).payload == {"colour": "gold"}
    assert painted == [{"colour": "gold"}]


def test_a_payload_changed_behind_our_back_is_not_executed(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    approval = asked(ann)
    approved(bob, approval)

    payload = json.dumps({"colour": "gold"})
    transact(lambda: execute("UPDATE approval SET payload = CAST(:payload AS jsonb)", {"payload": payload}))

    with pytest.raises(Conflict, match="approval_changed"):
        executed(approval)
    assert painted == []


def test_only_who_asked_changes_the_request(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    approval = asked(ann)
    acting(bob)

    with pytest.raises(Forbidden):
        transact(lambda: approvals.amend(approval.id, {"colour": "gold"}))


def test_what_was_rejected_or_has_lapsed_is_closed_and_may_be_asked_for_again(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    rejected = asked(ann)
    acting(bob)
    transact(lambda: approvals.reject(rejected.id, "Not this colour."))
    lapsed = asked(ann, "blue")
    transact(lambda: execute("UPDATE approval SET expires_at = now() WHERE state = 'requested'"))

    with pytest.raises(Conflict, match="approval_closed"):
        approved(bob, lapsed)
    assert transact(lambda: approvals.expire(10)) == 1
    with pytest.raises(Conflict, match="approval_closed"):
        approved(bob, rejected)

    assert asked(ann, "green").state == "requested"
    assert [one.payload["colour"] for one in transact(approvals.waiting)] == ["green"]


def test_what_was_approved_too_long_ago_is_not_done(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    approval = asked(ann)
    approved(bob, approval)
    transact(lambda: execute("UPDATE approval SET expires_at = now()"))

    with pytest.raises(Conflict, match="approval_changed"):
        executed(approval)

    assert painted == []


def test_a_deed_that_is_refused_leaves_the_approval_open(app: Flask, painted: list[Any]) -> None:
    ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
    approval = asked(ann, "none")
    approved(bob, approval)

    with pytest.raises(Conflict, match="out_of_stock"):
        executed(approval)

    assert transact(lambda: approvals.get(approval.id)).state == "approved"


def test_eight_approvers_at_once_and_it_is_done_once(fresh_database: Config, painted: list[Any]) -> None:
    _eight_approvers(fresh_database, painted)


def test_who_presses_while_another_does_finds_it_done(fresh_database: Config, painted: list[Any]) -> None:
    _eight_approvers(fresh_database, painted, approvals.carry_out, ["won"] * 8)


def test_without_the_conditions_of_its_updates_what_was_approved_is_done_more_than_once(
    fresh_database: Config, painted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, running = approvals.get, approvals.run
    monkeypatch.setattr(approvals, "get", lambda approval_id, lock=False: looking(approval_id))
    monkeypatch.setattr(
        approvals, "run", lambda sql, params: running(sql.replace(" AND state = 'requested'", ""), params)
    )

    racing.assert_lost(lambda: _eight_approvers(fresh_database, painted), at_once=True)


def _in_two_steps(approval_id: int) -> Approval:
    approvals.approve(approval_id)
    return approvals.execute(approval_id)


def _eight_approvers(
    fresh_database: Config,
    painted: list[Any],
    press: Callable[[int], Approval] = _in_two_steps,
    expected: Sequence[str] = ("approval_closed",) * 7 + ("won",),
) -> None:
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        ann, *others = transact(lambda: [a_person(f"p{n}") for n in range(9)])
        for at in range(10):
            approval = asked(ann, key=f"K-{at}")

            def one(person: str, approval: Approval = approval) -> str:
                acting(person)
                try:
                    transact(lambda: press(approval.id))
                except Refusal as refused:
                    return refused.code
                return "won"

            ends = racing.at_once(app, [partial(one, person) for person in others])
            assert sorted(ends) == list(expected)
        assert len(painted) == 10
        assert fetch_one("SELECT count(*) AS n FROM approval WHERE state = 'executed'").n == 10
        assert [laws.offending(law) for law in approvals.laws()] == [0]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE approval SET approver = requested_by",
        "UPDATE approval SET approver = NULL",
        "UPDATE approval SET executed_hash = sha256('other')",
        "UPDATE approval SET payload_hash = sha256('other')",
    ],
)
def test_the_law_sees_its_crime_and_the_schema_forbids_it(
    fresh_database: Config, painted: list[Any], crime: str
) -> None:
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        ann, bob = transact(lambda: [a_person("ann"), a_person("bob")])
        approval = asked(ann)
        approved(bob, approval)
        executed(approval)
        db.session.remove()
        db.engine.dispose()
    (law,) = approvals.laws()

    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as owner:
        with pytest.raises(psycopg.errors.CheckViolation), owner.transaction():
            owner.execute(crime.encode())
        for name in ("four_eyes", "approved", "executed"):
            owner.execute(f"ALTER TABLE approval DROP CONSTRAINT ck_approval_{name}".encode())
        assert owner.execute(law.sql.encode()).fetchall() == []
        owner.execute(crime.encode())
        assert len(owner.execute(law.sql.encode()).fetchall()) == 1
        owner.rollback()


def test_the_hash_is_that_of_the_payload_as_the_database_gives_it_back(app: Flask, painted: list[Any]) -> None:
    ann = transact(lambda: a_person("ann"))

    approval = asked(ann, "бирюза")

    assert approval.payload_hash == request_hash(approval.payload) == request_hash({"colour": "бирюза"})
