"""A program with a shop and a tier, and two marketers who are signed in."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import partners
from coalition.kernel.db import transact
from tests.coalition.console.conftest import shop, signed_in
from tests.coalition.purchases.builders import Shop

__all__ = ["shop"]


@pytest.fixture
def first(app: Flask, shop: Shop) -> FlaskClient:
    """The browser of one marketer."""
    transact(lambda: partners.add_group(shop.program.id, "coffee", name_en="coffee", name_ru="кофе"))
    return signed_in(app, "marketer@coral.test", "marketer")


@pytest.fixture
def second(app: Flask, first: FlaskClient) -> FlaskClient:
    """The browser of another one."""
    return signed_in(app, "marketer2@coral.test", "marketer")
