"""An app and the member it asks."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel.db import transact
from tests.coalition.access.oauth.app import App, an_app, sign_in


@pytest.fixture
def shopper(app: Flask) -> App:
    """A public app; its member is signed in."""
    made = transact(lambda: an_app(app))
    sign_in(made.browser)
    return made


@pytest.fixture
def server(shopper: App) -> App:
    """An app with a secret, which asks the same member."""
    return transact(shopper.alike)
