"""The token endpoint over HTTP: the grant, and every way of asking wrongly (RFC 6749, RFC 9700)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access

FORM = {"grant_type": "client_credentials"}


@pytest.fixture
def credentials(app: Flask) -> tuple[str, str]:
    return access.create_client(1, 7, "Tills", ["purchases:write", "members:read"])


def ask(client: FlaskClient, form: dict[str, Any] | None = None, **kwargs: Any) -> Any:
    return client.post("/oauth/token", data=FORM if form is None else form, **kwargs)


def test_the_secret_in_the_header_buys_a_token(client: FlaskClient, credentials: tuple[str, str]) -> None:
    answer = ask(client, auth=credentials)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "access_token": answer.json["access_token"],
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "members:read purchases:write",
    }
    assert access.authenticate(answer.json["access_token"]).partner_id == 7


def test_the_secret_in_the_body_buys_a_token_with_fewer_scopes(
    client: FlaskClient, credentials: tuple[str, str]
) -> None:
    proof = {"client_id": credentials[0], "client_secret": credentials[1], "scope": "members:read"}

    answer = ask(client, FORM | proof)

    assert answer.json["scope"] == "members:read"
    assert access.authenticate(answer.json["access_token"]).scopes == {"members:read"}


@pytest.mark.parametrize("scope", ["statements:read", "members:read statements:read", "ALL", "members:read\0", "мы"])
def test_a_scope_beyond_the_clients_is_refused(client: FlaskClient, credentials: tuple[str, str], scope: str) -> None:
    answer = ask(client, FORM | {"scope": scope}, auth=credentials)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_secret_an_unknown_client_and_no_proof_get_the_same_401(
    client: FlaskClient, credentials: tuple[str, str]
) -> None:
    client_id, secret = credentials
    answers = [
        ask(client),
        ask(client, auth=(client_id, "wrong")),
        ask(client, auth=("client_unknown", secret)),
        ask(client, auth=("a\0b", "a\0b")),
        ask(client, auth=(client_id, "")),
        ask(client, FORM | {"client_id": client_id, "client_secret": "wrong"}),
        ask(client, FORM | {"client_id": client_id}),
        ask(client, headers={"Authorization": "Basic ////"}),
        ask(client, headers={"Authorization": "Basic " + base64.b64encode(b"\xff:\xfe").decode()}),
        ask(client, headers={"Authorization": "Bearer x"}),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.get_data() for answer in answers}) == 1
    assert answers[0].json["error"] == "invalid_client"
    assert answers[0].headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("grant", ["password", "implicit", "\0", "x" * 9000])
def test_other_grants_do_not_exist(client: FlaskClient, credentials: tuple[str, str], grant: str) -> None:
    answer = ask(client, {"grant_type": grant}, auth=credentials)

    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")
    assert "client_credentials, authorization_code, refresh_token" in answer.json["error_description"]
    assert grant not in answer.json["error_description"]


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token"])
def test_a_client_without_a_member_s_scope_has_no_grant_of_members(
    client: FlaskClient, credentials: tuple[str, str], grant: str
) -> None:
    answer = ask(client, {"grant_type": grant, "code": "x", "refresh_token": "x"}, auth=credentials)

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


def test_a_request_that_leaks_or_can_be_read_in_two_ways_is_refused(
    client: FlaskClient, credentials: tuple[str, str], session: Session
) -> None:
    client_id, secret = credentials
    proof = {"client_id": client_id, "client_secret": secret}
    answers = [
        client.post("/oauth/token", query_string=FORM | proof),
        client.post("/oauth/token", query_string=proof, data=FORM),
        ask(client, FORM | {"scope": ["members:read", "purchases:write"]}, auth=credentials),
        ask(client, {"grant_type": ["client_credentials", "password"]}, auth=credentials),
        ask(client, FORM | proof, auth=credentials),
        ask(client, {}, auth=credentials),
        client.post("/oauth/token", json=FORM, auth=credentials),
        client.post("/oauth/token", data=FORM, content_type="multipart/form-data", auth=credentials),
    ]

    assert {(answer.status_code, answer.json["error"]) for answer in answers} == {(400, "invalid_request")}
    assert session.execute(text("SELECT count(*) FROM oauth_token")).scalar() == 0


def test_a_body_of_more_than_16_kb_is_refused(client: FlaskClient, credentials: tuple[str, str]) -> None:
    answer = ask(client, FORM | {"scope": "x" * 17_000}, auth=credentials)

    assert (answer.status_code, answer.json["error"]) == (413, "invalid_request")


def test_a_token_is_not_given_for_a_get(client: FlaskClient, credentials: tuple[str, str]) -> None:
    answer = client.get("/oauth/token", query_string=FORM, auth=credentials)

    assert answer.status_code == 405
    assert "access_token" not in answer.text


def test_the_metadata_tell_what_exists(client: FlaskClient) -> None:
    facts = client.get("/.well-known/oauth-authorization-server").json

    assert facts["token_endpoint"] == facts["issuer"] + "/oauth/token"
    assert facts["grant_types_supported"] == ["client_credentials", "authorization_code", "refresh_token"]
    assert set(facts["scopes_supported"]) == set(access.ALL_SCOPES)
    assert facts["code_challenge_methods_supported"] == ["S256"]
    assert facts["response_types_supported"] == ["code"]


def test_every_endpoint_in_the_metadata_answers(client: FlaskClient) -> None:
    facts = client.get("/.well-known/oauth-authorization-server").json

    for name, address in facts.items():
        if name.endswith("_endpoint"):
            assert client.open(address.removeprefix(facts["issuer"]), method="POST").status_code in (400, 401), name


def test_without_tls_no_secret_is_taken(app: Flask, client: FlaskClient, credentials: tuple[str, str]) -> None:
    from dataclasses import replace

    known = app.config["COALITION"]
    app.config["COALITION"] = replace(known, base_url="http://loyalty.example")

    answer = ask(client, auth=credentials)

    app.config["COALITION"] = known
    assert (answer.status_code, answer.json["error"]) == (400, "insecure_transport")


def test_no_page_of_another_site_reads_an_answer(client: FlaskClient) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    paths = ("/oauth/token", "/api/v1/me", "/api/v1/purchases", "/.well-known/oauth-authorization-server")

    answers = [call(path, headers=headers) for path in paths for call in (client.options, client.get, client.post)]

    assert [answer for answer in answers if "Access-Control-Allow-Origin" in answer.headers] == []
