"""A member's proof: right for a minute, good for one use, braked against guessing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from coalition import members
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Conflict, Invalid, Refusal, TooMany
from coalition.kernel.laws import offending
from coalition.members import codes
from tests import guards, racing
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member

START = dt.datetime(2026, 11, 20, 9, 30, 10, tzinfo=dt.UTC)


@pytest.fixture
def now(app: Flask) -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def _anna() -> members.Member:
    program = a_program()
    return a_member(program, a_partner(program))


def _use(member: members.Member, code: str) -> None:
    transact(lambda: members.use_proof(member.program_id, member.id, code))


def test_a_code_is_good_once_and_the_next_one_is_another(now: time_machine.Traveller) -> None:
    anna = transact(_anna)
    proof = members.prove(anna.program_id, anna.id)

    _use(anna, proof.code)

    assert (len(proof.code), proof.code.isdecimal(), proof.expires_at) == (8, True, START + dt.timedelta(seconds=50))
    with pytest.raises(Conflict, match="proof_used"):
        _use(anna, proof.code)
    following = members.prove(anna.program_id, anna.id)
    assert following.code != proof.code
    _use(anna, following.code)


@pytest.mark.parametrize(("moved_s", "good"), [(-25, True), (0, True), (45, True), (55, False), (-45, False)])
def test_a_code_is_good_in_its_step_and_the_ones_beside_it(
    now: time_machine.Traveller, moved_s: int, good: bool
) -> None:
    anna = transact(_anna)
    proof = members.prove(anna.program_id, anna.id)

    now.shift(moved_s)

    for code in (proof.payload, proof.code):
        if good:
            _use(anna, code)
            break
        with pytest.raises(Invalid, match="unknown_proof"):
            _use(anna, code)


def test_the_picture_names_the_member_while_it_is_fresh_and_proves_what_the_digits_prove(
    now: time_machine.Traveller,
) -> None:
    anna = transact(_anna)
    proof = members.prove(anna.program_id, anna.id)
    key = ("qr", proof.payload)
    name, _, code = proof.payload.rpartition(".")
    assert members.identify(anna.program_id, anna.enrolled_by, [key]) == {key: anna.id}
    for forged in (f"{name}.{code[::-1]}", name, f"CQ1.{'A' * 16}.{code}"):
        assert members.identify(anna.program_id, anna.enrolled_by, [("qr", forged)]) == {}

    _use(anna, proof.payload)

    with pytest.raises(Conflict, match="proof_used"):
        _use(anna, proof.code)
    now.shift(90)
    assert members.identify(anna.program_id, anna.enrolled_by, [key]) == {}


def test_a_picture_of_another_member_proves_nothing(now: time_machine.Traveller) -> None:
    anna, boris = transact(_anna), transact(_anna)
    proof = members.prove(boris.program_id, boris.id)

    with pytest.raises(Invalid, match="unknown_proof"):
        _use(anna, proof.payload)


def test_the_name_in_a_blocked_picture_is_forgotten_and_the_next_one_is_another(now: time_machine.Traveller) -> None:
    anna = transact(_anna)
    lost = members.prove(anna.program_id, anna.id)
    code = next(one for one in members.identifiers(anna.id) if one.kind == "qr_rotating")

    members.block(anna.enrolled_by, anna.id, code.id, reason="the phone was lost")
    fresh = members.prove(anna.program_id, anna.id)

    assert fresh.payload.split(".")[1] != lost.payload.split(".")[1]
    found = members.identify(anna.program_id, anna.enrolled_by, [("qr", lost.payload), ("qr", fresh.payload)])
    assert found == {("qr", fresh.payload): anna.id}


def test_wrong_guesses_are_counted_though_their_transactions_are_rolled_back(now: time_machine.Traveller) -> None:
    anna = transact(_anna)
    right = members.prove(anna.program_id, anna.id).code
    wrong = str((int(right) + 1) % 10**8).zfill(8)
    for _ in range(5):
        with pytest.raises(Invalid, match="unknown_proof"):
            _use(anna, wrong)

    with pytest.raises(TooMany) as braked:
        _use(anna, right)

    assert braked.value.extra["retry_after_s"] <= 17
    now.shift(17)
    _use(anna, right)


def test_a_refusal_later_in_the_transaction_gives_the_code_back(now: time_machine.Traveller) -> None:
    anna = transact(_anna)
    code = members.prove(anna.program_id, anna.id).code

    def work() -> None:
        members.use_proof(anna.program_id, anna.id, code)
        raise Conflict("insufficient_points", "")

    with pytest.raises(Conflict, match="insufficient_points"):
        transact(work)

    _use(anna, code)


def test_nonsense_is_no_proof(now: time_machine.Traveller) -> None:
    anna = transact(_anna)

    for nonsense in ("", "1", "١٢٣٤٥٦٧٨", "CQ1..", "x" * 200):
        with pytest.raises(Invalid, match="unknown_proof"):
            members.use_proof(anna.program_id, anna.id, nonsense)


@pytest.mark.parametrize("guarded", [True, False])
def test_of_eight_that_use_one_code_at_once_one_goes_on(fresh_database: Config, guarded: bool) -> None:
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        anna = transact(_anna)
        code = transact(lambda: members.prove(anna.program_id, anna.id)).code
    if not guarded:
        guards.without_constraint(fresh_database.owner_url, "proof_use", "proof_use_pkey")

    def use() -> str:
        try:
            _use(anna, code)
        except Refusal as refusal:
            return refusal.code
        return "used"

    results = sorted(racing.at_once(app, [use] * 8))

    assert (results == ["proof_used"] * 7 + ["used"]) is guarded
    with app.app_context():
        assert not guarded or [law.code for law in members.laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()


def test_steps_are_those_of_rfc_6238() -> None:
    assert codes.step_of(dt.datetime(2005, 3, 18, 1, 58, 29, tzinfo=dt.UTC)) == 0x23523EC
