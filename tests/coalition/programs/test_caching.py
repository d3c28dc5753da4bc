"""What the process knows of programs: at most a second old, whoever changed it, and never what was rolled back."""

from __future__ import annotations

import time

import psycopg
import pytest

from coalition import programs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.builders import a_program


@pytest.fixture
def program(fresh_database: Config):
    """A program with real commits."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        yield transact(a_program)
        db.session.remove()
        db.engine.dispose()


def test_what_another_process_changes_is_seen_within_a_second(
    program: programs.Program, fresh_database: Config
) -> None:
    currency = transact(lambda: programs.main_currency(program.id))

    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as other:
        other.execute("UPDATE currency SET spend_min = 7")
        other.execute("UPDATE program SET version = nextval('policy_version')")
    time.sleep(1.05)

    assert transact(lambda: programs.currency_by_id(currency.id)).spend_min == 7


def test_what_was_rolled_back_is_forgotten_within_a_second(program: programs.Program) -> None:
    def work() -> None:
        programs.change(program.id, name="Another")
        raise RuntimeError(programs.get(program.id).name)

    with pytest.raises(RuntimeError, match="Another"):
        transact(work)
    time.sleep(1.05)

    assert transact(lambda: programs.get(program.id)).name == "Coral Club"


def test_knowing_costs_nothing_and_asking_costs_one_statement(program: programs.Program) -> None:
    known = transact(lambda: programs.policies(program.id))

    assert transact(lambda: programs.policies(program.id)) is known
    time.sleep(1.05)
    assert transact(lambda: programs.policies(program.id)) is known  # the version is the same
