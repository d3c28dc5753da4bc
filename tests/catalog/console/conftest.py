"""A program with one supplier, and browsers in which the catalog's staff are signed in."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import suppliers
from coalition import programs
from coalition.kernel.db import transact
from tests.catalog.builders import a_supplier
from tests.catalog.rewards.test_suggesting import supplier as unsorted  # noqa: F401 - a fixture
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose member Anna has a card."""
    return transact(lambda: a_shop(code="freshmart"))


@pytest.fixture
def supplier(shop: Shop) -> suppliers.Supplier:
    """A supplier of the shop's program."""
    return transact(lambda: a_supplier(programs.get(shop.program.id), "homegoods", margin_bp=1_250))


@pytest.fixture
def keeper(app: Flask, shop: Shop) -> FlaskClient:
    """A browser of a catalog manager."""
    return signed_in(app, "keeper@coral.test", "catalog")
