"""Settlement reads what other transactions have committed, so its tests run on a database of their own.

The application is made once a worker; each test gets its database anew, and an engine: rooms remember by engine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, g, request_started
from sqlalchemy import create_engine

from coalition.kernel.config import Config
from coalition.kernel.db import db
from tests.databases import clone, drop

NAME = f"settlement_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def live_application(base_config: Config) -> Flask:
    """The application on this worker's database for settlement."""
    from wsgi import create_app

    urls = {name: getattr(base_config, name).rsplit("/", 1)[0] + f"/{NAME}" for name in ("database_url", "owner_url")}
    app = create_app(replace(base_config, **urls))
    app.config["TESTING"] = True
    return app


@pytest.fixture
def live(live_application: Flask) -> Iterator[Flask]:
    """The application on a fresh database, in its context; all commits. Each request starts with an empty `g`."""
    url = clone(NAME)
    live_application.config["WTF_CSRF_ENABLED"] = False
    empty = request_started.connected_to(lambda *_, **__: g.__dict__.clear(), live_application)
    with live_application.app_context(), empty:
        settings = live_application.config
        db.engines[None] = create_engine(settings["SQLALCHEMY_DATABASE_URI"], **settings["SQLALCHEMY_ENGINE_OPTIONS"])
        yield live_application
        db.session.remove()
        db.engine.dispose()
    drop(url)
