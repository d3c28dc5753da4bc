"""A shop with a member, and browsers in which the staff are signed in."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.coalition.purchases.builders import Shop, a_shop

PASSWORD = "correct horse battery"


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose member Anna has a card."""
    return transact(lambda: a_shop(code="freshmart"))


@pytest.fixture
def support(app: Flask, shop: Shop) -> FlaskClient:
    """A browser of somebody of the support."""
    return signed_in(app, "support@coral.test", "support")


@pytest.fixture
def anna(shop: Shop) -> str:
    """The address of the member's page."""
    return f"/console/members/{ids.public('mbr', shop.member.id)}"


def signed_in(app: Flask, email: str, *roles: str) -> FlaskClient:
    """A browser of a new member of the staff."""
    transact(lambda: access.create_user(email, PASSWORD, roles, "staff"))
    client = app.test_client()
    client.post("/login", data={"email": email, "password": PASSWORD})
    return client
