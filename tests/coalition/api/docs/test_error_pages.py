"""A page for each error code, which says with which status it comes and what to do about it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition.api.docs import origins
from coalition.api.docs.error_pages import KINDS
from coalition.api.error_codes import CODES


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_has_a_page_that_says_what_it_means(client: FlaskClient, kind: str) -> None:
    for code in KINDS[kind]:
        page = client.get(f"/api/docs/errors/{code}")

        assert (code, page.status_code) == (code, 200)
        assert f"<code>{code}</code>" in page.text


def test_a_page_says_with_which_status_a_problem_comes_and_what_to_do(client: FlaskClient) -> None:
    page = client.get("/api/docs/errors/insufficient_points").text

    assert ">409</span>" in page
    assert CODES["insufficient_points"] in page


def test_what_is_no_code_has_no_page(client: FlaskClient) -> None:
    assert client.get("/api/docs/errors/no_such_code").status_code == 404


def test_every_problem_has_a_status_that_the_program_gives_it() -> None:
    assert {code for code in CODES if not origins.statuses(code)} == set(), (
        "name these in coalition/api/docs/origins.py"
    )
