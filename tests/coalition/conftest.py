"""The ground of tests with real sessions: commits that are commits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from coalition.kernel.config import Config
from coalition.kernel.db import db
from coalition.kernel.laws import laws, offending


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits and every law holds in the end."""
    from wsgi import create_app

    app = create_app(fresh_database)
    yield app
    with app.app_context():
        assert [law.code for law in laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()
