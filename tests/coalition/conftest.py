"""The ground of tests with real sessions: commits that are commits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask

from coalition import access
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.laws import laws, offending
from tests.coalition.purchases.builders import CARD, a_shop
from tests.databases import clone, drop
from tests.serving import serving


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


@dataclass(frozen=True, slots=True)
class Served:
    """A running server with one shop: what its partner would be told."""

    app: Flask
    base_url: str
    client_id: str
    client_secret: str
    outlet: str
    card: str


@pytest.fixture(scope="session")
def served(base_config: Config) -> Iterator[Served]:
    """A server behind a socket, on a database of its own with real commits, shared by all who bring their own numbers.

    Every law holds in the end.
    """
    from wsgi import create_app

    url = clone(f"served_{os.getpid()}")
    login = f"{base_config.database_url.rsplit('/', 1)[0]}/{url.rsplit('/', 1)[1]}"
    app = create_app(replace(base_config, database_url=login, owner_url=url))
    with app.app_context():
        shop = transact(lambda: a_shop())
        client_id, secret = transact(
            lambda: access.create_client(shop.program.id, shop.partner.id, "Till", sorted(access.SCOPES))
        )
        db.session.remove()
    with serving(app) as base_url:
        yield Served(app, base_url, client_id, secret, "S1", CARD)
    with app.app_context():
        assert [law.code for law in laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()
    drop(url)
