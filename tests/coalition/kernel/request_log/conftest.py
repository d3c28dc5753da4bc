"""A till whose requests are logged."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel.db import transact
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_shop


@pytest.fixture
def till(app: Flask, client: FlaskClient) -> Till:
    """The till of a shop with one member, whose client holds every scope; nothing waits to be written."""
    app.extensions["coalition.request_log"].waiting.clear()
    return transact(lambda: a_till(a_shop(), client))
