"""What is printed from the browser holds every column: a wide table is not cut at the paper's edge."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from tests.browser.story import PAGES, Story
from tests.journeys.running import Running

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["statement", "settlement", "statements"])
def test_a_printed_page_holds_every_column(browser: Any, running: Running, story: Story, name: str) -> None:
    session = browser.new_context(base_url=running.base_url)
    story.sign_in(session, PAGES[name].role)
    page = session.new_page()
    page.goto(PAGES[name].path(story), wait_until="load")
    columns = page.locator("main table thead th:not(.no-print)").all_inner_texts()

    text = "".join("".join(sheet.extract_text().split()) for sheet in PdfReader(BytesIO(page.pdf())).pages)
    session.close()

    assert columns and [one for one in columns if one.strip() and "".join(one.split()) not in text] == []
