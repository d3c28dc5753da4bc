"""Two shops of one program, twins but for their names, and browsers in which people of the first are signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.db import transact
from coalition.partners import Partner
from tests.coalition.purchases.builders import Shop, a_shop

PASSWORD = "correct horse battery"
TWIN_CARD = "4276000087654321"
Sign = Callable[..., FlaskClient]


@pytest.fixture
def shop(app: Flask) -> Shop:
    """The shop whose people look; its member has a card."""
    return transact(lambda: a_shop(code="freshmart"))


@pytest.fixture
def twin(shop: Shop) -> Shop:
    """The other shop of the program, with a member and receipts of its own."""
    return transact(lambda: a_shop(shop.program, code="twin", card=TWIN_CARD))


@pytest.fixture
def sign_in(app: Flask) -> Sign:
    """Signs somebody new of a partner in, who has these roles."""

    def signed_in(partner: Partner, *roles: str) -> FlaskClient:
        email, owner = f"{'-'.join(roles)}@{partner.code}.test", f"partner:{partner.id}"
        transact(lambda: access.create_user(email, PASSWORD, roles, owner, program_id=partner.program_id))
        client = app.test_client()
        assert client.post("/login", data={"email": email, "password": PASSWORD}).status_code == 303
        return client

    return signed_in


@pytest.fixture
def reader(sign_in: Sign, shop: Shop) -> FlaskClient:
    """A browser of somebody of the shop who may read."""
    return sign_in(shop.partner, "partner")


@pytest.fixture
def manager(sign_in: Sign, shop: Shop) -> FlaskClient:
    """A browser of somebody of the shop who may change what is the shop's."""
    return sign_in(shop.partner, "partner_admin")
