"""A till of a shop, for what is sent before its member is known."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel.db import transact
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_shop


@pytest.fixture
def till(app: Flask) -> Till:
    return transact(lambda: a_till(a_shop(), app.test_client()))
