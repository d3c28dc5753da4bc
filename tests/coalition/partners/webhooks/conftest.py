"""A shop whose server receives webhooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.coalition.partners.webhooks.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def server() -> Iterator[Receiver]:
    """The one server of all tests here."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def receiver(server: Receiver) -> Receiver:
    """A server that has received nothing and takes everything."""
    server.received.clear()
    server.accept()
    return server
