"""A provider in the test's process; afterwards the laws of payments hold, and nobody takes money any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from catalog import payments
from coalition.kernel import laws
from tests.catalog.payments.builders import FakeProvider, bind


@pytest.fixture
def provider(app: Flask) -> Iterator[FakeProvider]:
    """Who takes the money."""
    yield bind(FakeProvider())
    broken = {law.code: laws.offending(law) for law in payments.laws()}
    assert not any(broken.values()), broken
