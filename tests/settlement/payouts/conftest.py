"""A closed period, two people of finance, accounts for everybody, and a provider in memory.

The period is closed once a worker; each test finds it as it was then, for what tests leave behind is washed away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from flask import Flask, g, request_started

from coalition.kernel import ports
from coalition.kernel.config import Config
from coalition.kernel.db import db
from integrations.payments.payouts import StripePayouts
from settlement.ports import PayoutProvider
from tests.bindings import kept
from tests.databases import clone, drop
from tests.integrations.payments.standin import StandIn
from tests.settlement.builders import Coalition
from tests.settlement.payouts.builders import Cashier, Finance, Ground, a_closed_period, bind

NAME = f"payouts_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def ground(base_config: Config) -> Iterator[Ground]:
    """The application on a database of its own with a closed period, people and accounts."""
    from wsgi import create_app

    url = clone(NAME)
    urls = {name: getattr(base_config, name).rsplit("/", 1)[0] + f"/{NAME}" for name in ("database_url", "owner_url")}
    app = create_app(replace(base_config, **urls))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        coalition, people = a_closed_period(), Finance()
        for entity_id in coalition.entities.values():
            people.give_account(entity_id)
        made = Ground(app, coalition, people)
        made.remember()
        db.session.remove()
    yield made
    with app.app_context():
        db.engine.dispose()
    drop(url)


@pytest.fixture
def house(ground: Ground) -> Iterator[Flask]:
    """The application in its context; all commits. Each request starts with an empty `g`."""
    empty = request_started.connected_to(lambda *_, **__: g.__dict__.clear(), ground.app)
    with ground.app.app_context(), empty:
        ground.wash()
        yield ground.app
        db.session.remove()


@pytest.fixture
def coalition(house: Flask, ground: Ground) -> Coalition:
    return ground.coalition


@pytest.fixture
def finance(house: Flask, ground: Ground) -> Finance:
    return ground.finance


@pytest.fixture
def cashier(house: Flask) -> Iterator[Cashier]:
    provider = Cashier()
    with kept(house):
        bind(provider)
        yield provider
        assert ports.bound(PayoutProvider, name="stripe")


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    process = StandIn(tmp_path_factory.mktemp("stripe"))
    yield process
    process.stop()


@pytest.fixture
def stripe(cashier: Cashier, standin: StandIn, coalition: Coalition, finance: Finance) -> StripePayouts:
    """Our adapter in the place of the provider in memory, and accounts that the stand-in knows."""
    provider = StripePayouts(standin.access, httpx.Timeout(5.0))
    ports.bind(PayoutProvider, provider, name="stripe")
    for name in ("B", "S"):
        made = provider._v1.accounts.create({"type": "express", "country": "LV", "email": "x@coral.test"})
        finance.give_account(coalition.entities[name], connected=made.id)
    return provider
