"""The house with its three tenants, once a worker: what these tests ask for is refused, so nothing changes in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, g, request_started

from coalition.kernel.config import Config
from coalition.kernel.db import db
from tests.databases import clone, drop
from tests.walls.tenants import Tenant, settle

NAME = f"walls_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def house(base_config: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    url = clone(NAME)
    urls = {name: getattr(base_config, name).rsplit("/", 1)[0] + f"/{NAME}" for name in ("database_url", "owner_url")}
    app = create_app(replace(base_config, **urls))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.engine.dispose()
    drop(url)


@pytest.fixture(scope="session")
def settled(house: Flask) -> dict[str, Tenant]:
    """The three tenants."""
    with house.app_context(), request_started.connected_to(lambda *_, **__: g.__dict__.clear(), house):
        tenants = settle(house)
        db.session.remove()
    return tenants


@pytest.fixture
def tenants(house: Flask, settled: dict[str, Tenant]) -> Iterator[dict[str, Tenant]]:
    """The three tenants, in the application's context; each request starts with an empty `g`."""
    with house.app_context(), request_started.connected_to(lambda *_, **__: g.__dict__.clear(), house):
        yield settled
        db.session.remove()
