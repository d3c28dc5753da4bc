"""Many publish at once: one chain of rulesets comes of it, and nothing of what anybody published is lost."""

from __future__ import annotations

from functools import partial

import pytest

from coalition import promotions
from coalition.kernel import audit, laws
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Conflict
from tests import racing
from tests.builders import a_program
from tests.coalition.promotions.publishing.builders import a_document
from tests.coalition.promotions.publishing.people import a_person, acting

MANY = 8


def test_eight_publish_at_once_and_one_chain_comes_of_it(fresh_database: Config) -> None:
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        program = transact(a_program)
        writer, publisher = a_person("writer"), a_person("publisher")
        acting(writer)
        codes = [f"p{number}" for number in range(MANY)]
        for code in codes:
            transact(lambda code=code: promotions.save_draft(program.id, code, a_document(code), actor=writer))
            transact(lambda code=code: promotions.submit(program.id, code, "at once"))

        racing.at_once(app, [partial(_approve, program.id, code, publisher) for code in codes])
        found = transact(lambda: promotions.ruleset(program.id))
        numbers = [one.no for one in transact(lambda: promotions.rulesets(program.id)).items]
        again = racing.at_once(app, [partial(_approve, program.id, codes[0], publisher) for _ in range(MANY)])
        paused = racing.at_once(app, [partial(_pause, program.id, codes[0]) for _ in range(MANY)])

        last = transact(lambda: promotions.by_no(program.id, MANY + 1))
        assert found is not None
        assert sorted(found.documents) == codes
        assert numbers == list(range(MANY, 0, -1))
        assert again == ["approval_closed"] * MANY
        assert sorted(paused) == ["bad_phase"] * (MANY - 1) + ["paused"]
        assert sorted(last.documents) == codes[1:]
        assert [law.code for law in promotions.laws() if transact(lambda law=law: laws.offending(law))] == []
        db.session.remove()
        db.engine.dispose()


def _approve(program_id: int, code: str, publisher: str) -> str:
    audit.set_origin(audit.Origin(publisher))
    try:
        return transact(lambda: promotions.approve(program_id, code)).phase
    except Conflict as refusal:
        return refusal.code


def _pause(program_id: int, code: str) -> str:
    try:
        return transact(lambda: promotions.pause(program_id, code)).phase
    except Conflict as refusal:
        return refusal.code


@pytest.mark.usefixtures("session")
def test_a_ruleset_that_was_never_committed_is_not_remembered() -> None:
    program = a_program()

    def fail() -> None:
        promotions.publish(program.id, [a_document()], actor="user:1")
        assert promotions.ruleset(program.id) is not None
        raise Conflict("bad_phase", "no")

    with db.session.begin_nested() as savepoint:
        with pytest.raises(Conflict):
            fail()
        savepoint.rollback()
    promotions.publish(program.id, [a_document(priority=1)], actor="user:1")

    found = promotions.ruleset(program.id)
    assert found is not None
    assert (found.no, found.documents["five"]["priority"]) == (1, 1)
