"""A running server with one shop, for tests that are clients."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Flask

from coalition import access
from coalition.kernel import jobs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.laws import laws, offending
from tests.coalition.purchases.builders import CARD, a_shop
from tests.databases import clone, drop
from tests.serving import serving


@dataclass(frozen=True, slots=True)
class Served:
    """What the shop's partner would be told, and the application for those who break it."""

    app: Flask
    base_url: str
    partner_id: int
    client_id: str
    client_secret: str
    outlet: str
    card: str


@contextmanager
def a_served_shop(config: Config, name: str = "served") -> Iterator[Served]:
    """A server behind a socket, on a database of its own with real commits; every law holds in the end.

    The database is named by `name`: there are as many at a time as names.
    """
    from wsgi import create_app

    url = clone(f"{name}_{os.getpid()}")
    login = f"{config.database_url.rsplit('/', 1)[0]}/{url.rsplit('/', 1)[1]}"
    app = create_app(replace(config, database_url=login, owner_url=url, outbound_networks=("127.0.0.0/8",)))
    with app.app_context():
        shop = transact(a_shop)
        owner = (shop.program.id, shop.partner.id)
        client_id, secret = transact(lambda: access.create_client(*owner, "Till", sorted(access.SCOPES)))
        db.session.remove()
    with serving(app) as base_url:
        yield Served(app, base_url, shop.partner.id, client_id, secret, "S1", CARD)
    with app.app_context():
        transact(lambda: jobs.enqueue("ledger.expire_holds", {}))
        while jobs.run_due():  # no worker has run meanwhile, and minutes may have passed
            pass
        assert [law.code for law in laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()
    drop(url)
