"""A real browser on the running demo: Debian's Chromium through Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.story import Story, tell
from tests.journeys.conftest import running, shared  # noqa: F401 - the same running demo

CHROMIUM = "/usr/bin/chromium"
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; without it these tests fail: whoever asks for them wants the pages looked at."""
    import playwright.sync_api as playwright

    if not Path(CHROMIUM).exists():
        pytest.fail("Chromium is not installed: Debian's package is `chromium`")
    with playwright.sync_playwright() as engine:
        started = engine.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="package")
def story(request: pytest.FixtureRequest) -> Story:
    """What has happened in the demo before its pages are looked at: an order delivered, a period closed."""
    return tell(request.getfixturevalue("shared")(()))
