"""Settlement reads what other transactions have committed, so its tests run on a database of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from coalition.kernel.config import Config


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a fresh database, in its context; everything commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        yield app
