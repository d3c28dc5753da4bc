"""Clients that others have written work unchanged against a real server: requests-oauthlib, and Authlib's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask
from oauthlib.oauth2 import BackendApplicationClient, WebApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session as RequestsOAuth

from coalition import access
from coalition.kernel.db import transact
from tests.coalition.access.oauth.app import CALLBACK, ISSUER, PASSWORD, App, an_app
from tests.coalition.access.oauth.keys import a_key, public_keys
from tests.serving import serving


@pytest.fixture
def shopper(live: Flask) -> App:
    """An app and the member it asks, on a database of their own."""
    with live.app_context():
        return transact(lambda: an_app(live))


@pytest.fixture
def base_url(live: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server's address; oauthlib is told that this machine may do without TLS."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with serving(live) as url:
        yield url


def consented(base_url: str, address: str) -> str:
    """Where a member's browser ends: signed in, asked, and sent back with a yes."""
    browser = requests.Session()
    page = browser.get(address.replace(ISSUER, base_url))
    assert page.url.startswith(f"{base_url}/login?")
    page = browser.post(page.url, data=fields(page.text) | {"email": "anna@coral.example", "password": PASSWORD})
    assert "Shopper" in page.text or "Other" in page.text
    came = browser.post(
        f"{base_url}/oauth/authorize", data=fields(page.text) | {"decision": "allow"}, allow_redirects=False
    )
    assert came.status_code == 303
    return came.headers["Location"]


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form in a page's main part."""
    main = page.split("<main", 1)[1]
    pairs = re.findall(r'<input[^>]*type="hidden"[^>]*>', main)
    named = [(re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)) for one in pairs]
    return {name[1]: unescape(value[1]) for name, value in named if name and value and name[1] != "return_to"}


def me(base_url: str, session: Any) -> Any:
    return session.get(f"{base_url}/api/v1/me")


def test_requests_oauthlib_gets_a_partner_s_token(live: Flask, base_url: str) -> None:
    with live.app_context():
        client_id, secret = transact(lambda: access.create_client(1, 7, "Tills", ["purchases:read"]))
    session = RequestsOAuth(client=BackendApplicationClient(client_id=client_id, scope=["purchases:read"]))

    token = session.fetch_token(f"{base_url}/oauth/token", auth=HTTPBasicAuth(client_id, secret))

    assert token["scope"] == ["purchases:read"]
    assert session.get(f"{base_url}/api/v1/purchases/pur_0000000000001").status_code == 404


@pytest.mark.parametrize("kind", ["public", "confidential_basic"])
def test_requests_oauthlib_acts_for_a_member_and_refreshes(shopper: App, base_url: str, kind: str) -> None:
    with shopper.app.app_context():
        app = transact(lambda: shopper.alike(kind=kind))
    session = RequestsOAuth(
        client=WebApplicationClient(app.client_id), redirect_uri=CALLBACK, scope=["me"], pkce="S256"
    )
    proof: dict[str, Any] = {"auth": HTTPBasicAuth(app.client_id, app.secret)} if app.secret else {}
    named: dict[str, Any] = {} if app.secret else {"include_client_id": True}
    address, _ = session.authorization_url(f"{base_url}/oauth/authorize")

    session.fetch_token(
        f"{base_url}/oauth/token", authorization_response=consented(base_url, address), **proof, **named
    )
    first = me(base_url, session)
    session.refresh_token(f"{base_url}/oauth/token", **proof, **({} if app.secret else {"client_id": app.client_id}))

    assert (first.status_code, me(base_url, session).status_code) == (200, 200)
    assert first.json()["profile"]["first_name"] == "Anna"


def test_authlib_acts_for_a_member_refreshes_asks_and_gives_back(shopper: App, base_url: str) -> None:
    with shopper.app.app_context():
        app = transact(shopper.alike)
    session = OAuth2Session(app.client_id, app.secret, scope="me", redirect_uri=CALLBACK, code_challenge_method="S256")
    verifier = "authlib-" + "v" * 50
    address, _ = session.create_authorization_url(f"{base_url}/oauth/authorize", code_verifier=verifier)

    came = consented(base_url, address)
    session.fetch_token(f"{base_url}/oauth/token", authorization_response=came, code_verifier=verifier)
    first = me(base_url, session).status_code
    token = session.refresh_token(f"{base_url}/oauth/token")
    told = session.introspect_token(f"{base_url}/oauth/introspect", token=token["access_token"]).json()
    gone = session.revoke_token(f"{base_url}/oauth/revoke", token=token["refresh_token"])

    assert (first, told["active"], gone.status_code) == (200, True, 200)
    assert session.introspect_token(f"{base_url}/oauth/introspect", token=token["access_token"]).json() == {
        "active": False
    }


def test_authlib_proves_a_client_by_its_key(live: Flask, base_url: str) -> None:
    key = a_key("RS256")
    with live.app_context():
        client_id, _ = transact(
            lambda: access.create_client(
                1, 7, "Signing", ["purchases:read"], kind="private_key_jwt", jwks=public_keys(key)
            )
        )
    session = OAuth2Session(client_id, key.as_pem(private=True), token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(PrivateKeyJWT(f"{ISSUER}/oauth/token", headers={"kid": key.kid}, alg="RS256"))

    token = session.fetch_token(f"{base_url}/oauth/token", grant_type="client_credentials")

    assert token["scope"] == "purchases:read"
