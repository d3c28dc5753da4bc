"""One vendor of each kind for all tests of this package."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from integrations.suppliers.gateway import ProtocolGateway
from tests.ports.vendors import KINDS, Vendor


@pytest.fixture(scope="session")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Vendor]]:
    """Running vendors by kind."""
    running: dict[str, Vendor] = {}
    try:
        for kind in KINDS:
            running[kind] = Vendor(kind, tmp_path_factory.mktemp(kind))
        for vendor in running.values():
            vendor.wait()
        yield running
    finally:
        for vendor in running.values():
            vendor.end()
        for vendor in running.values():
            vendor.gone()


@pytest.fixture
def gateway() -> ProtocolGateway:
    """Our adapters, with little patience and without limits of their own."""
    return ProtocolGateway(httpx.Client(timeout=httpx.Timeout(5.0), trust_env=False))


@pytest.fixture
def vendor(request: pytest.FixtureRequest, vendors: dict[str, Vendor]) -> Vendor:
    """The vendor whose kind the test's parameter names."""
    return vendors[request.param]
