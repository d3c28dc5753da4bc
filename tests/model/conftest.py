"""An application whose clock can be moved, in one transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from coalition.kernel.config import Config
from coalition.kernel.db import db
from tests.model import clock


@pytest.fixture
def moving(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database whose clock `clock.move_to` moves."""
    from wsgi import create_app

    clock.install(fresh_database.owner_url)
    application = create_app(fresh_database)
    with application.app_context():
        connection = db.engine.connect()
        outer = connection.begin()
        engines = db.engines
        engine, engines[None] = engines[None], connection  # type: ignore[assignment]
        try:
            yield application
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            engines[None] = engine
            engine.dispose()
