"""The ground of the laws' tests: a full story, and somebody who could commit crimes against it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.laws import laws, offending


@pytest.fixture
def owner(fresh_database: Config, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, in a transaction over the module's full `story`; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        transact(request.module.story)
        assert [law.code for law in laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()
