"""Every page at 1280 and 390 pixels, light and dark: axe, console, foreign requests and overflow all at zero.

The screenshots go to `var/screenshots`; somebody has to look at them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from coalition.kernel.config import ROOT
from tests.browser.story import PAGES, Story
from tests.journeys.running import Running

pytestmark = pytest.mark.browser
SCREENSHOTS = ROOT / "var" / "screenshots"
SIZES = {1280: 900, 390: 844}
THEMES = ("light", "dark")


@pytest.fixture(params=sorted(PAGES))
def page_name(request: pytest.FixtureRequest) -> str:
    """One page after the other."""
    return str(request.param)


@pytest.fixture(scope="module")
def signed_in(browser: Any, running: Running, story: Story) -> Callable[[str], Any]:
    """What a browser keeps of being signed in as somebody, who signs in once."""

    @cache
    def kept(role: str) -> Any:
        session = browser.new_context(base_url=running.base_url)
        story.sign_in(session, role)
        state = session.storage_state()
        session.close()
        return state

    return kept


@pytest.fixture
def context(browser: Any, running: Running, signed_in: Callable[[str], Any], page_name: str) -> Iterator[Any]:
    """A browser session of whoever may see the page."""
    size = {"width": 1280, "height": 900}
    session = browser.new_context(
        base_url=running.base_url, viewport=size, storage_state=signed_in(PAGES[page_name].role)
    )
    yield session
    session.close()


@pytest.mark.parametrize("theme", THEMES)
def test_a_page_looks_and_behaves(context: Any, running: Running, story: Story, page_name: str, theme: str) -> None:
    context.add_cookies([{"name": "theme", "value": theme, "url": running.base_url}])
    page = context.new_page()
    said: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request", lambda sent: None if sent.url.startswith((running.base_url, "data:")) else foreign.append(sent.url)
    )

    answer = page.goto(PAGES[page_name].path(story), wait_until="load")
    wide = {width: _shoot(page, page_name, width, theme) for width in SIZES}

    assert answer.status == PAGES[page_name].status
    assert said == [] or PAGES[page_name].status >= 400
    assert foreign == []
    assert {width: extent for width, extent in wide.items() if extent > width} == {}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_has_no_accessibility_violation(
    context: Any, running: Running, story: Story, page_name: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context.add_cookies([{"name": "language", "value": language, "url": running.base_url}])
    page = context.new_page()
    page.goto(PAGES[page_name].path(story), wait_until="load")

    found = Axe().run(page).response["violations"]

    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []


def _shoot(page: Any, name: str, width: int, theme: str) -> int:
    """A picture of the whole page at a width; how wide what it shows really is."""
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}-{width}-{theme}.png"), full_page=True)
    return int(page.evaluate("document.documentElement.scrollWidth"))
