"""Whatever happens to wallets, in whatever order, the ledger and the reference answer and hold the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from coalition.kernel.db import db
from tests.model import clock
from tests.model.machine import Machine

RUNS, STEPS, SHARES = 200, 50, 4


@pytest.fixture
def books(fresh_database) -> Iterator[Flask]:
    """An application whose clock can be moved, in one transaction that is rolled back."""
    from wsgi import create_app

    clock.install(fresh_database.owner_url)
    application = create_app(fresh_database)
    with application.app_context():
        connection = db.engine.connect()
        outer = connection.begin()
        engines = db.engines
        engine, engines[None] = engines[None], connection
        try:
            yield application
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            engines[None] = engine
            engine.dispose()


@pytest.mark.parametrize("share", range(SHARES))
def test_the_ledger_and_the_reference_agree(books: Flask, share: int) -> None:
    checked = settings(
        max_examples=RUNS // SHARES,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Machine, settings=checked)
