"""The documentation's pages and its changelog."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition.api.docs import changelog

PAGES = ("", "/quickstart", "/errors", "/errors/not_found", "/testing", "/changelog")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_of_the_documentation_leads_to_the_others(client: FlaskClient, path: str, language: str) -> None:
    client.set_cookie("language", language)
    page = client.get(f"/api/docs{path}")

    assert page.status_code == 200
    for other in ("/api/docs/quickstart", "/api/docs/errors", "/api/docs/testing", "/api/docs/changelog"):
        assert f'href="{other}"' in page.text


def test_the_changelog_goes_back_in_time() -> None:
    days = [entry.day for entry in changelog.ENTRIES]

    assert days == sorted(set(days), reverse=True)
    assert all(entry.lines for entry in changelog.ENTRIES)
