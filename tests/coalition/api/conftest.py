"""The till that the tests of the API share."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel.db import transact
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_shop


@pytest.fixture
def till(app: Flask, client: FlaskClient) -> Till:
    """The till of a shop with one member, whose client holds every scope."""
    return transact(lambda: a_till(a_shop(), client))
