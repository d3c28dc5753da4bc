"""What PostgreSQL cannot keep is turned away at the threshold: no page breaks over a NUL, wherever it stands.

Generated over the routes: a new page is tried without anybody remembering to.
"""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from coalition.kernel.config import Config
from coalition.kernel.errors import NotFound
from tests.laws.test_authorization import (  # noqa: F401 - fixtures
    BEARER,
    Row,
    Visitor,
    address,
    admits,
    rows,
    visitors,
)
from wsgi import create_app

_TEXT = re.compile(r"<(?:(?:default|string|path)(?:\([^)]*\))?:)?[a-z_]+>")
_FOR_PROGRAMS = ("/api/", "/oauth/", "/healthz", "/readyz", "/metrics", "/logout")


@pytest.fixture(scope="module")
def application(base_config: Config) -> Flask:
    """The application with refusals that are quickly drawn: hundreds are asked for, and nobody looks at one."""
    app = create_app(base_config)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.register_error_handler(NotFound, lambda refusal: (refusal.code, refusal.status))
    app.register_error_handler(400, lambda error: (error.name, error.code))
    return app


@pytest.fixture
def people(visitors: list[Visitor]) -> list[Visitor]:  # noqa: F811
    """Those who read pages, whoever sees most first."""
    return sorted((one for one in visitors if not one.name.startswith(BEARER)), key=lambda one: one.name != "admin")


def _pages(app: Flask, method: str) -> list[Row]:
    return [row for row in rows(app) if row.method == method and not row.rule.startswith(_FOR_PROGRAMS)]


def _ask(app: Flask, row: Row, people: list[Visitor], path: str, form: dict[str, str] | None = None) -> TestResponse:
    """What somebody who may be here gets."""
    one = next(one for one in people if admits(row, one.name))
    return app.test_client(use_cookies=False).open(path, method=row.method, headers=one.headers, data=form)


def test_nothing_lives_at_an_address_with_a_nul(app: Flask, people: list[Visitor]) -> None:
    found = [row for method in ("GET", "POST") for row in _pages(app, method) if _TEXT.search(row.rule)]

    answers = {str(row): _ask(app, row, people, address(_TEXT.sub("%00", row.rule))).status_code for row in found}

    assert len(answers) > 150
    assert {row: status for row, status in answers.items() if status != 404} == {}


def test_no_page_looks_for_a_nul(app: Flask, people: list[Visitor]) -> None:
    found = _pages(app, "GET")

    answers = {str(row): _ask(app, row, people, f"{address(row.rule)}?q=a%00b").status_code for row in found}

    assert len(answers) > 200
    assert {row: status for row, status in answers.items() if status != 400} == {}


def test_no_form_with_a_nul_breaks_a_page(app: Flask, people: list[Visitor]) -> None:
    crime = {"name": "a\0b", "code": "\0"}

    answers = {str(row): _ask(app, row, people, address(row.rule), crime).status_code for row in _pages(app, "POST")}

    assert len(answers) > 150
    assert {row: status for row, status in answers.items() if status >= 500} == {}
    assert sum(status == 400 for status in answers.values()) > 80
