"""Whatever needs a second person, at every place where it could be done: no kind of deed has a door of its own.

Read from the register of kinds, so that a new kind is tried without anybody remembering to.
"""

from __future__ import annotations

import pytest
from flask import Flask

from coalition import access
from coalition.kernel import approvals, audit
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Refusal
from tests.walls.tenants import PASSWORD

PAYLOAD = {"what": "as it was asked"}


@pytest.fixture
def staff(app: Flask) -> dict[str, str]:
    """Two administrators, who may approve anything but their own, as actors."""
    return {name: _person(name) for name in ("asking", "deciding")}


def _person(name: str) -> str:
    user = transact(lambda: access.create_user(f"{name}@eyes.test", PASSWORD, ["admin"], "staff"))
    return f"user:{user.id}"


def _as(actor: str) -> None:
    audit.set_origin(audit.Origin(actor, None, "req-four-eyes"))


def _asked(kind: str, actor: str) -> int:
    _as(actor)
    return transact(lambda: approvals.request(kind, PAYLOAD, "because", key=f"eyes-{kind}", subject="program:1")).id


def _refused(deed: object) -> str:
    try:
        transact(deed)  # type: ignore[arg-type]
    except Refusal as refusal:
        return refusal.code
    return "done"


def test_there_are_kinds_to_try() -> None:
    assert len(approvals._handlers) >= 6


def test_no_kind_of_deed_is_done_without_another_person_s_yes(app: Flask, staff: dict[str, str]) -> None:
    for kind in sorted(approvals._handlers):
        number = _asked(kind, staff["asking"])

        assert _refused(lambda number=number: approvals.execute(number)) == "approval_missing", kind
        assert _refused(lambda number=number: approvals.approve(number)) == "self_approval", kind
        _as("client:1")
        assert _refused(lambda number=number: approvals.approve(number)) == "approver_refused", kind
        _as("job:night")
        assert _refused(lambda number=number: approvals.execute(number)) == "approval_missing", kind


def test_no_kind_of_deed_is_done_as_it_was_changed_after_the_yes(app: Flask, staff: dict[str, str]) -> None:
    for kind in sorted(approvals._handlers):
        number = _asked(kind, staff["asking"])
        _as(staff["deciding"])
        transact(lambda number=number: approvals.approve(number))
        _as(staff["asking"])
        transact(lambda number=number: approvals.amend(number, {"what": "something else"}))

        assert _refused(lambda number=number: approvals.execute(number)) == "approval_missing", kind


def test_no_kind_of_deed_is_done_when_who_said_yes_may_no_longer_sign_in(app: Flask, staff: dict[str, str]) -> None:
    for kind in sorted(approvals._handlers):
        number = _asked(kind, staff["asking"])
        _as(staff["deciding"])
        transact(lambda number=number: approvals.approve(number))
    transact(lambda: execute("UPDATE user_account SET active = false WHERE email = 'deciding@eyes.test'"))

    _as("job:night")
    for number in transact(_approved):
        assert _refused(lambda number=number: approvals.execute(number)) == "approver_refused"


def _approved() -> list[int]:
    return [row.id for row in fetch_all("SELECT id FROM approval WHERE state = 'approved' ORDER BY id")]
