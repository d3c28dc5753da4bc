"""What an access token opens: only what its scopes name, only from the header, and only while it lives."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access
from coalition.kernel.config import Config
from coalition.kernel.web.api import caller, needs
from wsgi import create_app


@pytest.fixture(scope="module")
def application(base_config: Config) -> Flask:
    """The application with one more endpoint, which tells who called."""

    @needs("members:read")
    def whoami() -> Any:
        return jsonify(partner=caller().partner_id, program=caller().program_id)

    app = create_app(base_config)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.add_url_rule("/api/v1/whoami", "t.whoami", whoami, methods=["GET", "POST"])
    return app


@pytest.fixture
def credentials(app: Flask) -> tuple[str, str]:
    return access.create_client(3, 7, "Tills", ["purchases:write", "members:read"])


def token(client: FlaskClient, credentials: tuple[str, str], scope: str) -> str:
    answer = client.post("/oauth/token", data={"grant_type": "client_credentials", "scope": scope}, auth=credentials)
    return str(answer.json["access_token"])


def ask(client: FlaskClient, authorization: str | None, **kwargs: Any) -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.get("/api/v1/whoami", headers=headers, **kwargs)


def test_a_token_speaks_for_one_partner_in_one_program(client: FlaskClient, credentials: tuple[str, str]) -> None:
    answer = ask(client, f"Bearer {token(client, credentials, 'members:read')}")

    assert answer.json == {"partner": 7, "program": 3}


def test_a_token_without_the_scope_is_refused(client: FlaskClient, credentials: tuple[str, str]) -> None:
    answer = ask(client, f"Bearer {token(client, credentials, 'purchases:write')}")

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
    assert answer.json["scope"] == "members:read"


def test_a_token_counts_in_the_header_only(client: FlaskClient, credentials: tuple[str, str]) -> None:
    value = token(client, credentials, "members:read")
    answers = [
        ask(client, None),
        ask(client, None, query_string={"access_token": value, "auth_token": value}),
        client.post("/api/v1/whoami", data={"access_token": value}),
        ask(client, f"Basic {value}"),
        ask(client, value),
        ask(client, "Bearer"),
        ask(client, "Bearer \xff\xfe"),
        ask(client, f"Bearer {value}x"),
        ask(client, f"Bearer {value[:-1]}"),
        ask(client, "Bearer " + "x" * 100_000),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert all(answer.headers["WWW-Authenticate"].startswith("Bearer ") for answer in answers)


def test_switching_the_client_off_closes_the_door(
    client: FlaskClient, credentials: tuple[str, str], session: Session
) -> None:
    value = token(client, credentials, "members:read")

    session.execute(text("UPDATE oauth_client SET active = false"))

    assert ask(client, f"Bearer {value}").status_code == 401


def test_a_signed_in_persons_cookie_opens_no_endpoint_of_the_api(client: FlaskClient, app: Flask) -> None:
    access.create_user("admin@coral.example", "correct horse battery", ["admin"], "staff")
    client.post("/login", data={"email": "admin@coral.example", "password": "correct horse battery"})

    assert ask(client, None).status_code == 401
