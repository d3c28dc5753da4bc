"""One stand-in for Stripe for the tests of the adapter."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from integrations.payments.stripe import StripeProvider
from tests.integrations.payments.standin import Mailbox, StandIn


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    """Where its events arrive."""
    return Mailbox()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[StandIn]:
    """A stand-in in a process of its own."""
    standin = StandIn(tmp_path_factory.mktemp("stripe"), mailbox.url)
    yield standin
    standin.stop()


@pytest.fixture
def standin(running: StandIn) -> Iterator[StandIn]:
    """The same with all its controls as they were."""
    yield running
    running.settings(multicapture="off", delay_s=0, duplicates=0, backwards="off")


@pytest.fixture
def provider(standin: StandIn) -> StripeProvider:
    """Our adapter with the vendor's SDK, and with little patience."""
    return StripeProvider(standin.access, httpx.Timeout(1.0))
