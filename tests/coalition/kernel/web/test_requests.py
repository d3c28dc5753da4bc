"""Who asks: the address that the brakes count by is the client's, whoever stands between and whatever it pretends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask, request, request_started
from flask.testing import FlaskClient
from werkzeug.exceptions import BadRequest

from coalition.kernel.config import Config
from wsgi import create_app


@pytest.mark.parametrize(
    ("proxies", "said", "asks"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 192.0.2.9", "203.0.113.7"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_as_many_proxies_as_are_trusted_are_believed(
    base_config: Config, proxies: int, said: str, asks: str
) -> None:
    app = create_app(replace(base_config, trusted_proxies=proxies))
    seen: list[str | None] = []

    with request_started.connected_to(lambda *_, **__: seen.append(request.remote_addr), app):
        app.test_client().get("/healthz", headers={"X-Forwarded-For": said})

    assert seen == [asks]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/pages/%00", 404), ("/?q=%00", 400), ("/?a%00=1", 400), ("/oauth/authorize?client_id=%00", 400)],
)
def test_a_person_who_sends_a_nul_gets_a_page_that_says_so(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "Something broke" not in answer.text


def test_a_form_with_a_nul_is_refused_by_whoever_reads_it_first(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"name": "a\0b"}), pytest.raises(BadRequest):
        request.form.get("name")


def test_a_program_that_sends_a_nul_is_told_which_field(client: FlaskClient) -> None:
    address, query = client.get("/api/v1/members/%00"), client.get("/api/v1/catalog/rewards?q=%00")

    assert (address.status_code, address.mimetype) == (404, "application/problem+json")
    assert query.status_code == 401  # as without a NUL: whose token fits reads which field is wrong
