"""A desk for every test of the catalog's API."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import shipments
from coalition import access
from coalition.kernel.db import transact
from tests.catalog.api.desk import CARRIER_SECRET, Desk
from tests.catalog.orders.builders import FakeSupplier, a_world, bind


@pytest.fixture
def desk(app: Flask) -> Desk:
    bind(FakeSupplier())
    world = transact(a_world)
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", CARRIER_SECRET))
    credentials = transact(lambda: access.create_client(world.program.id, world.partner.id, "App", ["orders:write"]))
    token = transact(lambda: access.issue_token(*credentials, ["orders:write"])).value
    return Desk(world, app.test_client(), token)
