"""The frame of a page: strict headers, theme, an error page for a person and never one for a program."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient


def test_a_page_carries_the_strict_policy(client: FlaskClient) -> None:
    answer = client.get("/no-such-page")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert {"Cookie", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))


def test_a_person_gets_a_page_with_a_way_out_and_a_program_a_problem(client: FlaskClient) -> None:
    page = client.get("/no-such-page", headers={"Accept-Language": "ru"})
    problem = client.get("/api/v1/no-such-thing")

    assert page.status_code == 404
    assert "Такой страницы нет" in page.text
    assert "style=" not in page.text
    assert problem.mimetype == "application/problem+json"


@pytest.mark.parametrize(("cookie", "shown"), [("dark", "dark"), ("light", "light"), ("evil", "auto"), ("", "auto")])
def test_the_theme_is_the_viewers_or_the_devices(client: FlaskClient, cookie: str, shown: str) -> None:
    client.set_cookie("theme", cookie)

    assert f'data-theme="{shown}"' in client.get("/no-such-page").text


def test_a_stamped_file_may_be_kept_for_ever_and_an_unstamped_one_may_not(client: FlaskClient) -> None:
    stamped = client.get("/static/app.css?v=1")
    plain = client.get("/static/app.css")

    assert "immutable" in stamped.headers["Cache-Control"]
    assert "immutable" not in plain.headers.get("Cache-Control", "")
